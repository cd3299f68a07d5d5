package io.sparkmae.job;

import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkConf;
import org.apache.spark.deploy.SparkHadoopUtil;
import org.apache.spark.sql.SparkSession;

/** The Spark session and the Hadoop configuration of the process. */
final class Sessions {

  private static final String SERIALIZER = "spark.serializer";
  private static final String REGISTRATOR = "spark.kryo.registrator";

  private static final String MAPPED_FROM = "spark.storage.memoryMapThreshold";

  private static final String EXECUTOR_JAVA = "spark.executor.defaultJavaOptions";

  // By default G1 starts a marking at every slice once the heap is half full: 640 in eight rounds.
  private static final String LATE_MARKING =
      "-XX:-G1UseAdaptiveIHOP -XX:InitiatingHeapOccupancyPercent=85 ";

  private Sessions() {}

  /** The running session, or a new one named after the command. */
  static SparkSession open(String command) {
    SparkSession.Builder builder = SparkSession.builder().appName("spark-mae " + command);
    SparkConf given = new SparkConf();
    if (given.get(SERIALIZER, "").endsWith("KryoSerializer") && !given.contains(REGISTRATOR)) {
      builder.config(
          REGISTRATOR, "org.nd4j.kryo.Nd4jRegistrator"); // else Kryo breaks ND4J's arrays
    }
    if (!given.contains(MAPPED_FROM)) {
      builder.config(MAPPED_FROM, "64m"); // Spark maps slices on disk and never unmaps them
    }
    builder.config(EXECUTOR_JAVA, LATE_MARKING + given.get(EXECUTOR_JAVA, ""));
    return builder.getOrCreate();
  }

  /** Hadoop's settings with those given as {@code spark.hadoop.*}, without starting Spark. */
  static Configuration hadoop() {
    return SparkHadoopUtil.get().newConfiguration(new SparkConf());
  }

  /** Stops Spark where it is this process's own; on Databricks it is shared and must live on. */
  static void stop() {
    boolean shared = System.getenv("DATABRICKS_RUNTIME_VERSION") != null;
    if (!shared && SparkSession.getDefaultSession().isDefined()) {
      SparkSession.getDefaultSession().get().stop();
    }
  }
}
