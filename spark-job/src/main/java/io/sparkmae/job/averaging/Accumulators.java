package io.sparkmae.job.averaging;

import java.io.Serializable;
import org.apache.spark.SparkContext;
import org.apache.spark.util.DoubleAccumulator;
import org.apache.spark.util.LongAccumulator;

/**
 * The accumulators on Spark's page of a round's stage, for each worker and in total: images, and
 * seconds by kind of work.
 *
 * <p>Repeated work counts twice here; the run's own figures count it once.
 */
final class Accumulators implements Serializable {

  private static final long serialVersionUID = 1;

  private final LongAccumulator images;
  private final DoubleAccumulator waiting;
  private final DoubleAccumulator computing;
  private final DoubleAccumulator exchanging;

  Accumulators(SparkContext spark) {
    images = spark.longAccumulator("images");
    waiting = spark.doubleAccumulator("seconds waiting for images");
    computing = spark.doubleAccumulator("seconds computing");
    exchanging = spark.doubleAccumulator("seconds exchanging");
  }

  /** Starts from zero, on the driver: Spark shows the totals since then beside the next stage. */
  void reset() {
    images.reset();
    waiting.reset();
    computing.reset();
    exchanging.reset();
  }

  void add(WorkerReport report) {
    images.add(report.images);
    waiting.add(report.waiting);
    computing.add(report.computing);
    exchanging.add(report.exchanging);
  }
}
