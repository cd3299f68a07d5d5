package io.sparkmae.data.prepare;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.SparkContext;
import org.apache.spark.scheduler.AccumulableInfo;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorMetricsUpdate;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.util.LongAccumulator;
import scala.collection.Iterator;

/**
 * Reports on stderr how many images have been read, at most every two seconds; retried tasks count
 * again.
 */
final class PrepareProgress extends SparkListener implements AutoCloseable {
  private static final long INTERVAL_NANOS = 2_000_000_000L;

  private final SparkContext spark;
  private final LongAccumulator images;
  private final Map<Long, Long> running = new ConcurrentHashMap<>();
  private final long start = System.nanoTime();
  private long printed = start;

  PrepareProgress(SparkContext spark) {
    this.spark = spark;
    this.images = spark.longAccumulator("images");
    spark.addSparkListener(this);
  }

  /** Returns the counter of images for tasks. */
  LongAccumulator counter() {
    return images;
  }

  double seconds() {
    return (System.nanoTime() - start) / 1e9;
  }

  /** Reports the counts of running tasks, which come with heartbeats. */
  @Override
  public void onExecutorMetricsUpdate(SparkListenerExecutorMetricsUpdate update) {
    for (var tasks = update.accumUpdates().iterator(); tasks.hasNext(); ) {
      var task = tasks.next();
      for (Iterator<AccumulableInfo> infos = task._4().iterator(); infos.hasNext(); ) {
        AccumulableInfo info = infos.next();
        if (info.id() == images.id() && info.update().isDefined()) {
          running.put((Long) task._1(), (Long) info.update().get());
        }
      }
    }
    print();
  }

  @Override
  public void onTaskEnd(SparkListenerTaskEnd end) {
    running.remove(end.taskInfo().taskId());
    print();
  }

  private void print() {
    if (System.nanoTime() - printed < INTERVAL_NANOS) {
      return;
    }
    printed = System.nanoTime();
    long done = images.value() + running.values().stream().mapToLong(Long::longValue).sum();
    System.err.printf("prepare: %d images, %.0f images/s%n", done, done / seconds());
  }

  @Override
  public void close() {
    spark.removeSparkListener(this);
  }
}
