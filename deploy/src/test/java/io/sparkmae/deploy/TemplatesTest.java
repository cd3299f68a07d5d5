package io.sparkmae.deploy;

import static io.sparkmae.deploy.Templates.first;
import static io.sparkmae.deploy.Templates.json;
import static io.sparkmae.deploy.Templates.literal;
import static io.sparkmae.deploy.Templates.parse;
import static io.sparkmae.deploy.Templates.settings;
import static io.sparkmae.deploy.Templates.strings;
import static io.sparkmae.deploy.Templates.text;
import static io.sparkmae.deploy.Templates.yaml;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkmae.job.Mae;
import io.sparkmae.job.config.ConfigLayers;
import io.sparkmae.job.config.RunConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.launcher.JavaModuleOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every template names the real class, and its commands are commands of the real command line. */
class TemplatesTest {

  @TempDir private Path directory;

  @Test
  void emrSteps() throws IOException {
    for (JsonNode step : json("emr/steps.json")) {
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
    JsonNode job = yaml("databricks/databricks.yml").get(0).at("/resources/jobs/spark_mae");
    int workers = job.at("/job_clusters/0/new_cluster/num_workers").asInt();

    for (JsonNode task : job.get("tasks")) {
      JsonNode main = task.get("spark_jar_task");
      assertThat(main.get("main_class_name").asText()).isEqualTo(Mae.class.getName());
      assertThat(task.at("/libraries/0/jar").asText()).isEqualTo("../target/spark-mae.jar");
      assertAccepted(strings(main.get("parameters")));
      assertHasResult(strings(main.get("parameters")));
      assertThat(task.at("/max_retries").asInt(0)).isZero();
    }
    assertThat(strings(job.at("/tasks/1/spark_jar_task/parameters")))
        .containsSequence("--workers", Integer.toString(workers));
    assertMemoryFits(settings(job.at("/job_clusters/0/new_cluster/spark_conf")));
  }

  @Test
  void emrServerless() throws IOException {
    JsonNode application = json("emr-serverless/application.json");
    Map<String, String> settings = settings(application.at("/runtimeConfiguration/0/properties"));
    int driver = gigabytes(settings, "driver");
    int executor = gigabytes(settings, "executor");
    int executors = Integer.parseInt(settings.get("spark.executor.instances"));

    assertMemoryFits(settings);
    // what the service has machines for: 4 cores with 8 to 30 GB, 8 cores with 16, 20, … to 60
    assertThat(settings).containsEntry("spark.driver.cores", "4");
    assertThat(driver).isBetween(8, 30);
    assertThat(settings).containsEntry("spark.executor.cores", "8");
    assertThat(executor).isBetween(16, 60).matches(size -> size % 4 == 0);
    assertThat(application.get("maximumCapacity"))
        .isEqualTo(
            parse(
                "{\"cpu\": \"%d vCPU\", \"memory\": \"%d GB\"}"
                    .formatted(4 + executors * 8, driver + executors * executor)));
    for (String command : List.of("prepare", "pretrain", "export")) {
      JsonNode submit = json("emr-serverless/" + command + ".json").at("/jobDriver/sparkSubmit");
      List<String> words = strings(submit.get("entryPointArguments"));
      assertThat(submit.get("sparkSubmitParameters").asText())
          .isEqualTo("--class " + Mae.class.getName());
      assertAccepted(words);
      assertHasResult(words);
      assertThat(words).startsWith(command);
    }
    assertThat(strings(json("emr-serverless/pretrain.json").findValue("entryPointArguments")))
        .containsSequence("--workers", Integer.toString(executors));
  }

  @Test
  void kubernetesSettings() throws IOException {
    JsonNode settings = yaml("kubernetes/settings.yaml").get(0);
    Path file = directory.resolve("pretrain.conf");
    Files.writeString(file, settings.at("/data/pretrain.conf").asText());

    RunConfig run = ConfigLayers.runConfig(Map.of(), file.toString(), new Configuration());

    assertThat(run.data().uri()).isEqualTo("s3a://BUCKET/prepared");
    assertThat(run.train().workers()).isEqualTo(4);
  }

  @Test
  void kubeflowApplication() throws IOException {
    JsonNode spec = yaml("kubernetes/spark-mae.yaml").get(0).get("spec");
    Map<String, String> settings = settings(spec.get("sparkConf"));
    for (String role : List.of("driver", "executor")) {
      JsonNode pod = spec.get(role);
      settings.put("spark." + role + ".memory", pod.get("memory").asText());
      settings.put("spark." + role + ".memoryOverhead", pod.get("memoryOverhead").asText());
      settings.put("spark." + role + ".extraJavaOptions", pod.get("javaOptions").asText());
    }

    assertThat(spec.at("/restartPolicy/type").asText()).isEqualTo("Never");
    assertThat(spec.at("/driver/configMaps/0/name").asText()).isEqualTo("spark-mae-settings");
    assertThat(spec.at("/executor/instances").asInt()).isEqualTo(4);
    assertPretrains(spec, "arguments");
    assertMemoryFits(settings);
  }

  @Test
  void apacheApplication() throws IOException {
    JsonNode spec = yaml("kubernetes/spark-mae-apache.yaml").get(0).get("spec");
    Map<String, String> settings = settings(spec.get("sparkConf"));

    assertThat(spec.at("/applicationTolerations/restartConfig/restartPolicy").asText())
        .isEqualTo("OnInfrastructureFailure");
    assertThat(spec.findValue("configMap").get("name").asText()).isEqualTo("spark-mae-settings");
    assertThat(settings).containsEntry("spark.executor.instances", "4");
    assertPretrains(spec, "driverArgs");
    assertMemoryFits(settings);
  }

  private static void assertPretrains(JsonNode spec, String arguments) {
    assertThat(spec.get("mainClass").asText()).isEqualTo(Mae.class.getName());
    assertAccepted(strings(spec.get(arguments)));
    assertHasResult(strings(spec.get(arguments)));
    assertThat(strings(spec.get(arguments)))
        .containsSequence("--config", "file:///etc/spark-mae/pretrain.conf");
    assertThat(spec.findValues("secretRef"))
        .as("driver's and executors'")
        .hasSize(2)
        .allMatch(secret -> secret.get("name").asText().equals("spark-mae-s3"));
  }

  @Test
  void airflowDag() throws IOException {
    String dag = "airflow/spark_mae.py";

    assertThat(text(dag))
        .contains("java_class=\"" + Mae.class.getName() + "\"")
        .contains("SPARK_SUBMIT = \"spark3-submit\"");
    for (JsonNode command : literal(dag, "COMMANDS")) {
      assertAccepted(strings(command));
    }
    assertMemoryFits(settings(literal(dag, "CONF")));
  }

  @Test
  void airflowDagOfTheBundle() throws IOException {
    JsonNode job = yaml("databricks/databricks.yml").get(0).at("/resources/jobs/spark_mae");

    assertThat(text("airflow/spark_mae_databricks.py"))
        .contains("job_name=" + job.get("name"))
        .contains("retries=0");
  }

  @Test
  void theLaunchersSettingsOpenWhatSparkNeeds() throws IOException {
    assertThat(text("conf/spark-defaults.conf").lines())
        .filteredOn(line -> line.startsWith("spark.driver.extraJavaOptions"))
        .singleElement()
        .asString()
        .contains(JavaModuleOptions.defaultModuleOptions());
  }

  @Test
  void threadsThatSpinHaveThePolicy() throws IOException {
    List<String> spinning = new ArrayList<>();
    for (String folder :
        List.of("airflow", "bin", "conf", "databricks", "emr", "emr-serverless", "kubernetes")) {
      try (Stream<Path> files = Files.walk(Path.of(folder))) {
        for (Path file : files.filter(Files::isRegularFile).toList()) {
          String text = text(file.toString());
          if (text.contains("GOMP_SPINCOUNT")) {
            spinning.add(text);
          }
        }
      }
    }

    assertThat(spinning)
        .hasSize(8)
        .allSatisfy(
            text ->
                assertThat(text)
                    .containsPattern("GOMP_SPINCOUNT\\W+(?:\\w+\\W+)?1000\\b")
                    .containsPattern("OMP_WAIT_POLICY\\W+(?:\\w+\\W+)?active\\b"));
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

  /** What a container of a role has, in GB. */
  private static int gigabytes(Map<String, String> settings, String role) {
    return gigabytes(settings.get("spark." + role + ".memory"))
        + gigabytes(settings.get("spark." + role + ".memoryOverhead"));
  }

  private static String option(String options, String name) {
    return first("-Dorg\\.bytedeco\\.javacpp\\." + name + "=(\\S+)", options);
  }

  private static int gigabytes(String size) {
    return Integer.parseInt(first("^(\\d+)g$", size));
  }

  /** The properties of an EMR classification. */
  static Map<String, String> classification(String file, String name) throws IOException {
    for (JsonNode entry : json(file)) {
      if (entry.get("Classification").asText().equals(name)) {
        return settings(entry.get("Properties"));
      }
    }
    throw new AssertionError("No classification " + name + " in " + file);
  }
}
