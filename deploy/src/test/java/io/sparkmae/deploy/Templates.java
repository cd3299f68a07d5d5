package io.sparkmae.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;
import org.yaml.snakeyaml.Yaml;

/** Reads the files of {@code deploy} as JSON; paths are relative to it. */
final class Templates {

  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(JsonReadFeature.ALLOW_TRAILING_COMMA).build();

  private Templates() {}

  static String text(String file) throws IOException {
    return Files.readString(Path.of(file));
  }

  static JsonNode json(String file) throws IOException {
    return parse(text(file));
  }

  static JsonNode parse(String json) throws IOException {
    return JSON.readTree(json);
  }

  /** The documents of a YAML file. */
  static List<JsonNode> yaml(String file) throws IOException {
    List<JsonNode> documents = new ArrayList<>();
    for (Object document : new Yaml().loadAll(text(file))) {
      documents.add(JSON.valueToTree(document));
    }
    return documents;
  }

  /** A file of Spark's or Java's properties. */
  static JsonNode properties(String file) throws IOException {
    Properties properties = new Properties();
    properties.load(new StringReader(text(file)));
    return JSON.valueToTree(properties);
  }

  /** A dictionary that a Python file assigns to a name. */
  static JsonNode literal(String python, String name) throws IOException {
    return parse(first("(?ms)^" + name + " = (\\{.*?^})", text(python)));
  }

  static Map<String, String> settings(JsonNode object) {
    Map<String, String> settings = new TreeMap<>();
    object.fields().forEachRemaining(e -> settings.put(e.getKey(), string(e.getValue())));
    return settings;
  }

  static List<String> strings(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).map(Templates::string).toList();
  }

  static String first(String regex, String text) {
    Matcher matcher = Pattern.compile(regex).matcher(text);
    assertThat(matcher.find()).as("%s in %s", regex, text).isTrue();
    return matcher.group(1);
  }

  /** A bare number or boolean in YAML is refused by the tools that read these files. */
  private static String string(JsonNode node) {
    assertThat(node.isTextual()).as("%s is a string", node).isTrue();
    return node.asText();
  }
}
