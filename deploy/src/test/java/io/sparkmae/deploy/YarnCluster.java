package io.sparkmae.deploy;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.apache.hadoop.yarn.api.records.ApplicationReport;
import org.apache.hadoop.yarn.api.records.FinalApplicationStatus;
import org.apache.hadoop.yarn.client.api.YarnClient;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.apache.hadoop.yarn.server.MiniYARNCluster;

/** YARN with one node, and HDFS, with the settings of the EMR template. */
final class YarnCluster implements AutoCloseable {

  /** Start-up is most of what these JVMs do. */
  static final String SHORT_LIVED = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC";

  private final Path directory;
  private final MiniDFSCluster hdfs;
  private final MiniYARNCluster yarn;

  /**
   * Starts both.
   *
   * @param storage Hadoop's settings of further file systems
   */
  YarnCluster(Path directory, Map<String, String> storage) throws IOException {
    this.directory = directory;
    hdfs =
        new MiniDFSCluster.Builder(new Configuration(), directory.resolve("hdfs").toFile()).build();
    yarn = new MiniYARNCluster("mae", 1, 1, 1);
    YarnConfiguration node = new YarnConfiguration();
    template("yarn-site").forEach(node::set);
    storage.forEach(node::set);
    node.set("fs.defaultFS", hdfs.getURI().toString());
    node.setInt(YarnConfiguration.RM_SCHEDULER_MINIMUM_ALLOCATION_MB, 256);
    node.setInt(YarnConfiguration.YARN_MINICLUSTER_NM_PMEM_MB, 14336); // three applications
    node.setInt(YarnConfiguration.RM_NM_HEARTBEAT_INTERVAL_MS, 100); // what it waits for most
    node.setInt(
        YarnConfiguration.NM_SLEEP_DELAY_BEFORE_SIGKILL_MS, 5_000); // its own end takes as long
    node.setBoolean(YarnConfiguration.NM_VMEM_CHECK_ENABLED, false);
    node.setFloat(YarnConfiguration.NM_MAX_PER_DISK_UTILIZATION_PERCENTAGE, 100);
    node.setInt(YarnConfiguration.RM_AM_MAX_ATTEMPTS, 3);
    node.set("yarn.scheduler.capacity.root.queues", "default");
    node.set("yarn.scheduler.capacity.root.default.capacity", "100");
    node.set("yarn.scheduler.capacity.maximum-am-resource-percent", "1");
    yarn.init(node);
    yarn.start();
    Path conf = Files.createDirectories(directory.resolve("conf"));
    for (String file : List.of("yarn-site.xml", "core-site.xml")) {
      try (OutputStream out = Files.newOutputStream(conf.resolve(file))) {
        yarn.getConfig().writeXml(out);
      }
    }
  }

  String hdfs() {
    return hdfs.getURI().toString();
  }

  Configuration settings() {
    return yarn.getConfig();
  }

  Map<String, String> environment() {
    return Map.of(
        "HADOOP_CONF_DIR", directory.resolve("conf").toString(), "SPARK_SUBMIT_OPTS", SHORT_LIVED);
  }

  /** Options of spark-submit: the template's, with two small executors. */
  List<String> options() throws IOException {
    Map<String, String> settings = new TreeMap<>(template("spark-defaults"));
    settings.put("spark.yarn.report.interval", "200ms");
    settings.put("spark.driver.memory", "1g");
    settings.put("spark.driver.memoryOverhead", "640m");
    settings.put("spark.executor.instances", "2");
    settings.put("spark.executor.cores", "1");
    settings.put("spark.task.cpus", "1");
    settings.put("spark.executor.memory", "512m");
    settings.put("spark.executor.memoryOverhead", "1g");
    for (String threads : List.of("spark.yarn.appMasterEnv.", "spark.executorEnv.")) {
      settings.put(threads + "OMP_NUM_THREADS", "1");
      settings.put(threads + "JAVA_HOME", System.getProperty("java.home"));
    }
    for (String role : List.of("driver", "executor", "yarn.am")) {
      settings.merge(
          "spark." + role + ".extraJavaOptions",
          SHORT_LIVED,
          (template, ours) -> template + " " + ours);
    }
    Path jars = Path.of("target", "spark", "jars").toAbsolutePath();
    settings.put("spark.yarn.jars", "local:" + jars + "/*");
    settings.put("spark.yarn.stagingDir", directory.resolve("staging").toUri().toString());
    List<String> options = new ArrayList<>(List.of("--master", "yarn"));
    settings.forEach((key, value) -> options.addAll(List.of("--conf", key + "=" + value)));
    return options;
  }

  /** JVMs of a class below this one, not the shells around them. */
  static List<ProcessHandle> processes(String main) {
    return ProcessHandle.current()
        .descendants()
        .filter(process -> Standalone.runs(process, main))
        .toList();
  }

  /** How applications ended, and in how many attempts, in the order of their start. */
  List<Map.Entry<FinalApplicationStatus, Integer>> endings() throws Exception {
    try (YarnClient client = YarnClient.createYarnClient()) {
      client.init(yarn.getConfig());
      client.start();
      List<ApplicationReport> applications = new ArrayList<>(client.getApplications());
      applications.sort(Comparator.comparing(ApplicationReport::getApplicationId));
      List<Map.Entry<FinalApplicationStatus, Integer>> endings = new ArrayList<>();
      for (ApplicationReport application : applications) {
        int attempts = client.getApplicationAttempts(application.getApplicationId()).size();
        endings.add(Map.entry(application.getFinalApplicationStatus(), attempts));
      }
      return endings;
    }
  }

  /** The containers that each application had, in the order of their start; the driver's is one. */
  List<Long> containers() throws IOException {
    String logs = yarn.getNodeManager(0).getConfig().get(YarnConfiguration.NM_LOG_DIRS);
    List<Long> counts = new ArrayList<>();
    try (Stream<Path> applications = Files.list(Path.of(logs))) {
      for (Path application : applications.sorted().toList()) {
        try (Stream<Path> containers = Files.list(application)) {
          counts.add(containers.count());
        }
      }
    }
    return counts;
  }

  private static Map<String, String> template(String classification) throws IOException {
    return TemplatesTest.classification("emr/cluster.json", classification);
  }

  @Override
  public void close() throws IOException {
    yarn.close();
    hdfs.close();
  }
}
