package io.sparkmae.deploy;

import static io.sparkmae.deploy.Templates.json;
import static io.sparkmae.deploy.Templates.literal;
import static io.sparkmae.deploy.Templates.parse;
import static io.sparkmae.deploy.Templates.properties;
import static io.sparkmae.deploy.Templates.yaml;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SpecVersion.VersionFlag;
import java.io.IOException;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.apache.spark.internal.config.ConfigEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every field of every template is one that its service knows. The schemas are made by hand of the
 * services' public definitions, as far as the templates need them, and allow nothing else.
 */
class TemplateFieldsTest {

  private static final JsonSchemaFactory SCHEMAS =
      JsonSchemaFactory.getInstance(VersionFlag.V202012);

  /** Objects whose fields are names that the template gives. */
  private static final Set<String> OF_ITS_OWN = Set.of("data", "variables", "jobs");

  private static final Set<String> YARN = yarnsSettings();

  record Template(String file, String schema, JsonNode document) {
    @Override
    public String toString() {
      return file;
    }
  }

  static Stream<Template> templates() throws IOException {
    List<Template> templates = new ArrayList<>();
    add(templates, "emr/steps.json", "emr-steps");
    add(templates, "emr/cluster.json", "emr-configurations");
    add(templates, "emr/gpu.json", "emr-configurations");
    add(templates, "emr-serverless/application.json", "emr-serverless-application");
    for (String command : List.of("prepare", "pretrain", "export")) {
      add(templates, "emr-serverless/" + command + ".json", "emr-serverless-job");
    }
    add(templates, "databricks/databricks.yml", "databricks-bundle");
    add(templates, "kubernetes/settings.yaml", "kubernetes");
    add(templates, "kubernetes/spark-mae.yaml", "kubeflow");
    add(templates, "kubernetes/spark-mae-apache.yaml", "apache-operator");
    String conf = "conf/spark-defaults.conf";
    templates.add(new Template(conf, "spark-properties", properties(conf)));
    String dag = "airflow/spark_mae.py";
    templates.add(new Template(dag, "spark-properties", literal(dag, "CONF")));
    return templates.stream();
  }

  private static void add(List<Template> templates, String file, String schema) throws IOException {
    List<JsonNode> documents = file.endsWith(".json") ? List.of(json(file)) : yaml(file);
    documents.forEach(document -> templates.add(new Template(file, schema, document)));
  }

  @ParameterizedTest
  @MethodSource("templates")
  void everyFieldIsKnown(Template template) {
    assertThat(faults(template.schema(), template.document())).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("templates")
  void noFieldCanBeMisspelt(Template template) {
    JsonNode document = template.document().deepCopy();
    assertThat(misspell(document, "", () -> faults(template.schema(), document))).isPositive();
  }

  @ParameterizedTest
  @ValueSource(strings = {"spark_mae", "spark_mae_emr", "spark_mae_databricks"})
  void theCallsOfADagAreKnown(String dag) throws Exception {
    assumeThat(Tool.isThere("python3")).as("python3 is installed").isTrue();
    JsonNode outline =
        parse(Tool.run("python3", "src/test/resources/dag.py", "airflow/" + dag + ".py"));

    assertThat(faults("airflow", outline)).isEmpty();
    for (JsonNode words : outline.get("calls")) {
      for (int i = 0; i < words.size(); i++) {
        String word = words.get(i).asText();
        ((ArrayNode) words).set(i, word + "s");
        assertThat(faults("airflow", outline)).as(word + "s").isNotEmpty();
        ((ArrayNode) words).set(i, word);
      }
    }
  }

  @Test
  void theSchemaHasOnlySettingsThatSparkHas() throws IOException {
    // these register their settings when they are loaded
    assertThat(org.apache.spark.internal.config.package$.MODULE$).isNotNull();
    assertThat(org.apache.spark.internal.config.UI$.MODULE$).isNotNull();
    assertThat(org.apache.spark.internal.config.Worker$.MODULE$).isNotNull();

    json("src/test/resources/schemas/spark-properties.json")
        .get("properties")
        .fieldNames()
        .forEachRemaining(
            name -> {
              if (!name.matches(
                  "spark\\.(yarn\\..*|kubernetes\\..*|\\w+\\.resource\\..*|\\w+\\.defaultJavaOptions)")) {
                assertThat(ConfigEntry.findEntry(name)).as(name).isNotNull();
              }
            });
  }

  /** Tells what is wrong with a document, in words. */
  private static List<String> faults(String schema, JsonNode document) {
    JsonSchema loaded =
        SCHEMAS.getSchema(SchemaLocation.of("classpath:schemas/" + schema + ".json"));
    List<String> faults = new ArrayList<>();
    loaded.validate(document).forEach(message -> faults.add(message.getMessage()));
    for (JsonNode part : document) {
      if (part.path("Classification").asText().equals("yarn-site")) {
        part.path("Properties")
            .fieldNames()
            .forEachRemaining(
                name -> {
                  if (!YARN.contains(name)) {
                    faults.add("no setting of YARN: " + name);
                  }
                });
      }
    }
    return faults;
  }

  private static Set<String> yarnsSettings() {
    Set<String> settings = new HashSet<>();
    try {
      for (Field field : YarnConfiguration.class.getFields()) {
        if (field.getType() == String.class) {
          settings.add((String) field.get(null));
        }
      }
    } catch (IllegalAccessException e) {
      throw new AssertionError(e);
    }
    return settings;
  }

  /** Checks a document. */
  private interface Check {
    List<String> faults();
  }

  /** Misspells each field below a node in turn; returns how many there are. */
  private static int misspell(JsonNode node, String name, Check check) {
    int count = 0;
    if (node instanceof ObjectNode object) {
      List<String> fields = new ArrayList<>();
      object.fieldNames().forEachRemaining(fields::add);
      for (String field : fields) {
        count += misspell(object.get(field), field, check);
        if (!OF_ITS_OWN.contains(name)) {
          JsonNode value = object.remove(field);
          object.set(field + "s", value);
          assertThat(check.faults()).as(field + "s").isNotEmpty();
          object.remove(field + "s");
          object.set(field, value);
          count++;
        }
      }
    } else {
      for (JsonNode element : node) {
        count += misspell(element, name, check);
      }
    }
    return count;
  }
}
