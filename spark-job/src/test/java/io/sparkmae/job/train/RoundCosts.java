package io.sparkmae.job.train;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.apache.spark.SparkContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerBlockUpdated;
import org.apache.spark.scheduler.SparkListenerJobEnd;
import org.apache.spark.scheduler.SparkListenerJobStart;
import org.apache.spark.scheduler.SparkListenerTaskEnd;

/** Counts what Spark sends, and the time in which a job runs or is awaited and no task runs. */
final class RoundCosts extends SparkListener {

  private record Span(long from, long to) {}

  private final List<Span> tasks = new ArrayList<>();
  private long firstJob;
  private long lastJob;
  private long bytes;

  static RoundCosts of(SparkContext spark) {
    RoundCosts costs = new RoundCosts();
    spark.addSparkListener(costs);
    return costs;
  }

  @Override
  public void onBlockUpdated(SparkListenerBlockUpdated event) {
    var block = event.blockUpdatedInfo();
    if (block.blockId().name().matches("broadcast_.*_piece\\d+")
        && block.storageLevel().isValid()) {
      bytes += block.memSize() + block.diskSize();
    }
  }

  @Override
  public void onJobStart(SparkListenerJobStart event) {
    firstJob = firstJob == 0 ? event.time() : firstJob;
  }

  @Override
  public void onTaskEnd(SparkListenerTaskEnd event) {
    tasks.add(new Span(event.taskInfo().launchTime(), event.taskInfo().finishTime()));
  }

  @Override
  public void onJobEnd(SparkListenerJobEnd event) {
    lastJob = event.time();
  }

  /** Of all broadcasts, as they travel. */
  long broadcastBytes() {
    return bytes;
  }

  /** From the first job's start to the last one's end, while no task ran. */
  double secondsBesideTasks() {
    long busy = 0;
    long end = firstJob;
    for (Span task : tasks.stream().sorted(Comparator.comparingLong(Span::from)).toList()) {
      busy += Math.max(0, task.to - Math.max(end, task.from));
      end = Math.max(end, task.to);
    }
    return (lastJob - firstJob - busy) / 1e3;
  }
}
