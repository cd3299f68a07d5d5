package io.sparkmae.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkmae.deploy.Launcher.Run;
import java.awt.image.BufferedImage;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.yarn.api.records.ApplicationReport;
import org.apache.hadoop.yarn.api.records.FinalApplicationStatus;
import org.apache.hadoop.yarn.client.api.YarnClient;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.apache.hadoop.yarn.server.MiniYARNCluster;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The shipped launcher and settings, with the driver on the cluster. */
class ClusterModesIT {

  @TempDir private Path directory;

  @BeforeEach
  void drawAPhoto() throws Exception {
    Path photo = Files.createDirectories(directory.resolve("photos")).resolve("one.png");
    ImageIO.write(new BufferedImage(64, 48, BufferedImage.TYPE_INT_RGB), "png", photo.toFile());
  }

  @Test
  void yarnSaysWhatBecameOfEveryCommand() throws Exception {
    try (MiniYARNCluster yarn = new MiniYARNCluster("mae", 1, 1, 1)) {
      yarn.init(smallNode());
      yarn.start();
      Map<String, String> environment = Map.of("HADOOP_CONF_DIR", settings(yarn.getConfig()));

      Run prepared = onYarn(environment, "prepared", prepare());
      Run helped = onYarn(environment, "helped", "--help");
      Run refused = onYarn(environment, "refused", "verify", "--model", path("none"));

      assertThat(prepared.exitCode()).as(prepared.err()).isZero();
      assertThat(helped.exitCode()).as(helped.err()).isZero();
      assertThat(refused.exitCode()).as(refused.err()).isNotZero();
      assertThat(result("prepared")).startsWith("{\"exit_code\":0,").contains("\"rows\":1");
      assertThat(result("refused")).startsWith("{\"exit_code\":3,\"error\":\"No whole model at ");
      assertThat(endings(yarn))
          .containsExactlyInAnyOrder(
              FinalApplicationStatus.SUCCEEDED,
              FinalApplicationStatus.SUCCEEDED,
              FinalApplicationStatus.FAILED);
    }
  }

  @Test
  void aStandaloneMasterRunsTheDriver() throws Exception {
    try (Standalone cluster = new Standalone(directory)) {
      List<String> options =
          List.of(
              "--master", cluster.master(), "--deploy-mode", "cluster", "--driver-memory", "1g");

      Run prepared = run(Map.of(), options, "prepared", prepare());
      run(Map.of(), options, "refused", "verify", "--model", path("none"));

      // spark-submit answers 0 here whatever became of the driver: the result file tells
      assertThat(prepared.exitCode()).as(prepared.err()).isZero();
      assertThat(result("prepared")).startsWith("{\"exit_code\":0,").contains("\"rows\":1");
      assertThat(result("refused")).startsWith("{\"exit_code\":3,");
    }
  }

  private Run onYarn(Map<String, String> environment, String result, String... command)
      throws Exception {
    List<String> options =
        List.of(
            "--master",
            "yarn",
            "--deploy-mode",
            "cluster",
            "--driver-memory",
            "1g",
            "--executor-memory",
            "512m",
            "--conf",
            "spark.executor.instances=1",
            "--conf",
            "spark.yarn.jars=local:" + Path.of("target/spark/jars").toAbsolutePath() + "/*",
            "--conf",
            "spark.yarn.stagingDir=" + path("staging"),
            "--conf",
            "spark.yarn.appMasterEnv.JAVA_HOME=" + System.getProperty("java.home"),
            "--conf",
            "spark.executorEnv.JAVA_HOME=" + System.getProperty("java.home"));
    return run(environment, options, result, command);
  }

  private Run run(
      Map<String, String> environment, List<String> options, String result, String... command)
      throws Exception {
    List<String> words = new ArrayList<>(options);
    words.addAll(List.of(command));
    words.addAll(List.of("--result", path(result + ".json")));
    return new Launcher(directory).run(environment, words.toArray(String[]::new));
  }

  private String[] prepare() {
    return new String[] {"prepare", "--input", path("photos"), "--output", path("shards")};
  }

  private String path(String name) {
    return directory.resolve(name).toUri().toString();
  }

  private String result(String name) throws Exception {
    return Files.readString(directory.resolve(name + ".json"));
  }

  private static YarnConfiguration smallNode() {
    YarnConfiguration node = new YarnConfiguration();
    node.setInt(YarnConfiguration.RM_SCHEDULER_MINIMUM_ALLOCATION_MB, 256);
    node.setInt(YarnConfiguration.NM_PMEM_MB, 6144);
    node.setBoolean(YarnConfiguration.NM_VMEM_CHECK_ENABLED, false);
    node.setFloat(YarnConfiguration.NM_MAX_PER_DISK_UTILIZATION_PERCENTAGE, 100);
    node.setInt(YarnConfiguration.RM_AM_MAX_ATTEMPTS, 2);
    node.set("yarn.scheduler.capacity.root.queues", "default");
    node.set("yarn.scheduler.capacity.root.default.capacity", "100");
    node.set("yarn.scheduler.capacity.maximum-am-resource-percent", "1");
    return node;
  }

  /** Writes a cluster's settings; returns the directory for {@code HADOOP_CONF_DIR}. */
  private String settings(Configuration cluster) throws Exception {
    Path conf = Files.createDirectories(directory.resolve("conf"));
    for (String file : List.of("yarn-site.xml", "core-site.xml")) {
      try (OutputStream out = Files.newOutputStream(conf.resolve(file))) {
        cluster.writeXml(out);
      }
    }
    return conf.toString();
  }

  private static List<FinalApplicationStatus> endings(MiniYARNCluster yarn) throws Exception {
    try (YarnClient client = YarnClient.createYarnClient()) {
      client.init(yarn.getConfig());
      client.start();
      List<ApplicationReport> applications = client.getApplications();
      for (ApplicationReport application : applications) {
        assertThat(client.getApplicationAttempts(application.getApplicationId())).hasSize(1);
      }
      return applications.stream().map(ApplicationReport::getFinalApplicationStatus).toList();
    }
  }
}
