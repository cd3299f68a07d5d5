package io.sparkmae.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.sparkmae.job.Mae;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;
import org.apache.spark.launcher.JavaModuleOptions;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.Yaml;

/** Every template names the real class, and its commands are commands of the real command line. */
class TemplatesTest {

  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(JsonReadFeature.ALLOW_TRAILING_COMMA).build();

  @Test
  void emrSteps() throws IOException {
    for (JsonNode step : JSON.readTree(text("emr/steps.json"))) {
      List<String> words = strings(step.get("Args"));
      int jar = words.indexOf("s3://BUCKET/spark-mae.jar");

      assertThat(words.subList(0, jar)).endsWith("--class", Mae.class.getName());
      assertAccepted(words.subList(jar + 1, words.size()));
      assertHasResult(words);
      assertThat(words.contains("spark.yarn.maxAppAttempts=3"))
          .isEqualTo(words.contains("pretrain"));
    }
  }

  @Test
  void emrClusters() throws IOException {
    assertMemoryFits(classification("emr/cluster.json", "spark-defaults"));
    assertThat(classification("emr/gpu.json", "yarn-site"))
        .containsEntry("yarn.resource-types", "yarn.io/gpu");
    assertThat(classification("emr/gpu.json", "spark-defaults"))
        .containsEntry("spark.task.resource.gpu.amount", "1");
  }

  @Test
  void databricksBundle() throws IOException {
    JsonNode job = yaml("databricks/databricks.yml").at("/resources/jobs/spark_mae");

    for (JsonNode task : job.get("tasks")) {
      JsonNode main = task.get("spark_jar_task");
      assertThat(main.get("main_class_name").asText()).isEqualTo(Mae.class.getName());
      assertThat(task.at("/libraries/0/jar").asText()).isEqualTo("../target/spark-mae.jar");
      assertAccepted(strings(main.get("parameters")));
      assertHasResult(strings(main.get("parameters")));
      assertThat(task.at("/max_retries").asInt(0)).isZero();
    }
    assertMemoryFits(settings(job.at("/job_clusters/0/new_cluster/spark_conf")));
  }

  @Test
  void kubernetesApplication() throws IOException {
    JsonNode spec = yaml("kubernetes/spark-mae.yaml").get("spec");
    Map<String, String> settings = settings(spec.get("sparkConf"));
    for (String role : List.of("driver", "executor")) {
      JsonNode pod = spec.get(role);
      settings.put("spark." + role + ".memory", pod.get("memory").asText());
      settings.put("spark." + role + ".memoryOverhead", pod.get("memoryOverhead").asText());
      settings.put("spark." + role + ".extraJavaOptions", pod.get("javaOptions").asText());
    }

    assertThat(spec.get("mainClass").asText()).isEqualTo(Mae.class.getName());
    assertAccepted(strings(spec.get("arguments")));
    assertHasResult(strings(spec.get("arguments")));
    assertThat(spec.at("/restartPolicy/type").asText()).isEqualTo("Never");
    assertMemoryFits(settings);
  }

  @Test
  void airflowDag() throws IOException {
    String dag = text("airflow/spark_mae.py");

    assertThat(dag).contains("java_class=\"" + Mae.class.getName() + "\"");
    for (JsonNode command : literal(dag, "COMMANDS")) {
      assertAccepted(strings(command));
    }
    assertMemoryFits(settings(literal(dag, "CONF")));
  }

  @Test
  void theLaunchersSettingsOpenWhatSparkNeeds() throws IOException {
    assertThat(text("conf/spark-defaults.conf").lines())
        .filteredOn(line -> line.startsWith("spark.driver.extraJavaOptions"))
        .singleElement()
        .asString()
        .contains(JavaModuleOptions.defaultModuleOptions());
  }

  private static void assertHasResult(List<String> words) {
    int option = words.indexOf("--result");
    assertThat(option).as("--result in %s", words).isPositive();
    assertThat(words.get(option + 1))
        .matches("(s3a?://BUCKET|file:\\$\\{var.volume})/results/\\w+\\.json");
  }

  /** Parses the words as the job would, with a word in place of each variable of the template. */
  private static void assertAccepted(List<String> words) {
    String[] plain =
        words.stream()
            .map(w -> w.replaceAll("\\$\\{[^}]*}|\\{\\{[^}]*}}", "variable"))
            .toArray(String[]::new);

    assertThatCode(() -> Mae.commandLine().parseArgs(plain))
        .as(String.join(" ", plain))
        .doesNotThrowAnyException();
    assertThat(Mae.commandLine().getSubcommands()).containsKey(plain[0]);
  }

  /** What ND4J may take outside the heap must fit the container, with 1 GB to spare. */
  private static void assertMemoryFits(Map<String, String> settings) {
    for (String role : List.of("spark.driver.", "spark.executor.")) {
      String options = settings.get(role + "extraJavaOptions");
      int heap = gigabytes(settings.get(role + "memory"));
      int outside = gigabytes(option(options, "maxbytes"));

      assertThat(gigabytes(option(options, "maxphysicalbytes")))
          .as(role)
          .isGreaterThanOrEqualTo(heap + outside);
      if (settings.containsKey(role + "memoryOverhead")) {
        assertThat(gigabytes(settings.get(role + "memoryOverhead")))
            .as(role)
            .isGreaterThan(outside);
      }
    }
  }

  private static String option(String options, String name) {
    return first("-Dorg\\.bytedeco\\.javacpp\\." + name + "=(\\S+)", options);
  }

  private static int gigabytes(String size) {
    return Integer.parseInt(first("^(\\d+)g$", size));
  }

  private static JsonNode literal(String python, String name) throws IOException {
    return JSON.readTree(first("(?ms)^" + name + " = (\\{.*?^})", python));
  }

  private static Map<String, String> classification(String file, String name) throws IOException {
    for (JsonNode entry : JSON.readTree(text(file))) {
      if (entry.get("Classification").asText().equals(name)) {
        return settings(entry.get("Properties"));
      }
    }
    throw new AssertionError("No classification " + name + " in " + file);
  }

  private static Map<String, String> settings(JsonNode object) {
    Map<String, String> settings = new TreeMap<>();
    object.fields().forEachRemaining(e -> settings.put(e.getKey(), string(e.getValue())));
    return settings;
  }

  private static List<String> strings(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).map(TemplatesTest::string).toList();
  }

  /** A bare number or boolean in YAML is refused by the tools that read these files. */
  private static String string(JsonNode node) {
    assertThat(node.isTextual()).as("%s is a string", node).isTrue();
    return node.asText();
  }

  private static String first(String regex, String text) {
    Matcher matcher = Pattern.compile(regex).matcher(text);
    assertThat(matcher.find()).as("%s in %s", regex, text).isTrue();
    return matcher.group(1);
  }

  private static JsonNode yaml(String file) throws IOException {
    return JSON.valueToTree(new Yaml().load(text(file)));
  }

  private static String text(String file) throws IOException {
    return Files.readString(Path.of(file));
  }
}
