package io.sparkmae.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.xpath.XPathConstants;
import javax.xml.xpath.XPathFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.w3c.dom.Document;
import org.w3c.dom.NodeList;

class RuntimeVersionsTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/project/properties/*",
        "//profile[id='spark-4.0']/properties/*",
        "//profile[id='spark-4.1']/properties/*"
      })
  void theSparkRuntimeHasTheVersionsOfTheBuild(String path) throws Exception {
    Map<String, String> runtime = properties(Path.of("spark-runtime", "pom.xml"), path);
    runtime.remove("guava.version"); // the job has none

    assertThat(runtime).containsKeys("spark.version", "hadoop.version", "scala.version");
    assertThat(properties(Path.of("..", "pom.xml"), path)).containsAllEntriesOf(runtime);
  }

  private static Map<String, String> properties(Path pom, String path) throws Exception {
    Document document =
        DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(pom.toFile());
    NodeList nodes =
        (NodeList)
            XPathFactory.newInstance().newXPath().evaluate(path, document, XPathConstants.NODESET);
    Map<String, String> properties = new TreeMap<>();
    for (int i = 0; i < nodes.getLength(); i++) {
      properties.put(nodes.item(i).getNodeName(), nodes.item(i).getTextContent());
    }
    return properties;
  }
}
