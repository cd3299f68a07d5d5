package io.sparkmae.data;

import org.apache.spark.sql.SparkSession;

/** A Spark session in this process; close it before the next. */
public final class LocalSpark implements AutoCloseable {
  private final SparkSession session;

  private LocalSpark(SparkSession session) {
    this.session = session;
  }

  public static LocalSpark withTasks(int tasks) {
    return new LocalSpark(builder(tasks).getOrCreate());
  }

  public static LocalSpark withKryo(int tasks) {
    return new LocalSpark(
        builder(tasks)
            .config("spark.serializer", "org.apache.spark.serializer.KryoSerializer")
            .getOrCreate());
  }

  private static SparkSession.Builder builder(int tasks) {
    return SparkSession.builder()
        .master("local[" + tasks + "]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.host", "localhost")
        .config("spark.driver.bindAddress", "127.0.0.1");
  }

  public SparkSession session() {
    return session;
  }

  @Override
  public void close() {
    session.stop();
  }
}
