package io.sparkmae.job;

import org.apache.spark.sql.SparkSession;

/** Spark in this process, for tests. */
public final class LocalSpark {

  private LocalSpark() {}

  /**
   * Starts Spark without its pages.
   *
   * @param master such as {@code local[2]}
   */
  public static SparkSession on(String master) {
    return SparkSession.builder()
        .master(master)
        .config("spark.ui.enabled", false)
        .config("spark.driver.host", "127.0.0.1")
        .getOrCreate();
  }
}
