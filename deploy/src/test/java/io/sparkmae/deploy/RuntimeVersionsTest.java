package io.sparkmae.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;

class RuntimeVersionsTest {

  @Test
  void theSparkRuntimeHasTheVersionsOfTheBuild() throws Exception {
    Map<String, String> runtime = properties(Path.of("spark-runtime", "pom.xml"));

    assertThat(runtime).containsKeys("spark.version", "hadoop.version", "scala.version");
    assertThat(properties(Path.of("..", "pom.xml"))).containsAllEntriesOf(runtime);
  }

  private static Map<String, String> properties(Path pom) throws Exception {
    Element project =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(pom.toFile())
            .getDocumentElement();
    NodeList nodes = project.getElementsByTagName("properties").item(0).getChildNodes();
    Map<String, String> properties = new TreeMap<>();
    for (int i = 0; i < nodes.getLength(); i++) {
      if (nodes.item(i).getNodeType() == Node.ELEMENT_NODE) {
        properties.put(nodes.item(i).getNodeName(), nodes.item(i).getTextContent());
      }
    }
    return properties;
  }
}
