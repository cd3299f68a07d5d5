package io.sparkmae.job.train;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.SparkContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerBlockUpdated;
import org.apache.spark.scheduler.SparkListenerJobStart;
import org.apache.spark.scheduler.SparkListenerTaskEnd;

/** Counts what Spark sends, and the time in which a job runs or is awaited and no task runs. */
final class RoundCosts extends SparkListener {

  private record Span(long from, long to) {}

  private final List<Span> tasks = new ArrayList<>();
  private final List<Long> jobs = new ArrayList<>(); // their starts, two a round
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
    jobs.add(event.time());
  }

  @Override
  public void onTaskEnd(SparkListenerTaskEnd event) {
    tasks.add(new Span(event.taskInfo().launchTime(), event.taskInfo().finishTime()));
  }

  /** Of all broadcasts, as they travel. */
  long broadcastBytes() {
    return bytes;
  }

  /** Milliseconds of a round in which no task runs: the median. */
  double millisecondsBesideTasks() {
    return IntStream.range(0, (jobs.size() - 1) / 2)
        .mapToLong(round -> idle(jobs.get(2 * round), jobs.get(2 * round + 2)))
        .sorted()
        .skip(jobs.size() / 4)
        .findFirst()
        .orElseThrow();
  }

  private long idle(long from, long to) {
    long busy = 0;
    long end = from;
    for (Span task : tasks.stream().sorted(Comparator.comparingLong(Span::from)).toList()) {
      long until = Math.min(task.to, to);
      busy += Math.max(0, until - Math.max(end, task.from));
      end = Math.max(end, until);
    }
    return to - from - busy;
  }
}
