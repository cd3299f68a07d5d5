package io.sparkmae.job.spark;

import io.sparkmae.model.engine.Engines;
import java.util.HashMap;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkConf;
import org.apache.spark.deploy.SparkHadoopUtil;
import org.apache.spark.sql.SparkSession;

/** The Spark session and the Hadoop configuration of the process. */
public final class Sessions {

  /** Whether this JVM and its session are Databricks', and go on after a command. */
  public static final boolean ARE_SHARED = System.getenv("DATABRICKS_RUNTIME_VERSION") != null;

  private static final String SERIALIZER = "spark.serializer";
  private static final String REGISTRATOR = "spark.kryo.registrator";

  private static final String MAPPED_FROM = "spark.storage.memoryMapThreshold";

  private static final String ENVIRONMENT = "spark.executorEnv.";

  private static final String EXECUTOR_JAVA = "spark.executor.defaultJavaOptions";

  // By default G1 starts a marking with every slice once the heap is half full.
  private static final String LATE_MARKING =
      "-XX:-G1UseAdaptiveIHOP -XX:InitiatingHeapOccupancyPercent=85 ";

  private static final String SILENCE = "spark.storage.blockManagerHeartbeatTimeoutMs";

  // An executor that is told to go hands its blocks to others within seconds, and then goes; one
  // that dynamic allocation finds idle does too.
  private static final Map<String, String> HANDING_OVER =
      Map.of(
          "spark.decommission.enabled", "true",
          "spark.storage.decommission.enabled", "true",
          "spark.storage.decommission.replicationReattemptInterval", "1s",
          "spark.dynamicAllocation.cachedExecutorIdleTimeout", "60s");

  private static volatile boolean opened; // else the classes of Spark need not be loaded to stop it

  private Sessions() {}

  /** Returns the running session, or a new one named after the command. */
  public static SparkSession open(String command) {
    return open(SparkSession.builder(), command);
  }

  private static SparkSession open(SparkSession.Builder builder, String command) {
    defaults(new SparkConf()).forEach(builder::config);
    opened = true;
    return builder.appName("spark-mae " + command).getOrCreate();
  }

  /** Returns whether a master's tasks run in the driver's process. */
  public static boolean isLocal(String master) {
    return master.matches("local(\\[.*)?");
  }

  /** Returns the settings that a session needs besides, or in place of, those given. */
  static Map<String, String> defaults(SparkConf given) {
    Map<String, String> defaults = new HashMap<>(HANDING_OVER);
    defaults.put(MAPPED_FROM, "64m"); // Spark never unmaps slices that it maps from disk
    defaults.put(ENVIRONMENT + "LC_ALL", "C.UTF-8"); // Java spells the names of files by it
    Engines.environment().forEach((name, value) -> defaults.put(ENVIRONMENT + name, value));
    if (given.get(SERIALIZER, "").endsWith("KryoSerializer")) {
      // without it Kryo corrupts ND4J's arrays
      defaults.put(REGISTRATOR, "org.nd4j.kryo.Nd4jRegistrator");
    }
    if (isLocal(given.get("spark.master", ""))) {
      // one process has nobody to lose: a laptop that slept for two minutes would end its run
      defaults.put(SILENCE, "365d");
    }
    defaults.keySet().removeIf(given::contains);
    defaults.put(EXECUTOR_JAVA, LATE_MARKING + given.get(EXECUTOR_JAVA, ""));
    return defaults;
  }

  /** Opens a session that asks the cluster for no executors. */
  public static void openAlone(String command) {
    open(
        SparkSession.builder()
            .config("spark.dynamicAllocation.enabled", "false")
            .config("spark.executor.instances", "0"),
        command);
  }

  /** Returns whether this is a driver in YARN's cluster mode, where the session is waited for. */
  public static boolean isAwaited() {
    // Without Spark's classes, which take longer than a command's help.
    return System.getProperty("spark.master", "").startsWith("yarn")
        && System.getProperty("spark.submit.deployMode", "").equals("cluster");
  }

  /**
   * Returns Hadoop's settings with those given as {@code spark.hadoop.*}, without starting Spark.
   */
  public static Configuration hadoop() {
    return SparkHadoopUtil.get().newConfiguration(new SparkConf());
  }

  /**
   * Stops Spark, except on Databricks, where the session is shared and must keep running.
   *
   * @param exitCode of the command: with the driver on the client, YARN knows no other way whether
   *     an application has failed
   */
  public static void stop(int exitCode) {
    if (opened && !ARE_SHARED && SparkSession.getDefaultSession().isDefined()) {
      SparkSession.getDefaultSession().get().sparkContext().stop(exitCode);
    }
  }
}
