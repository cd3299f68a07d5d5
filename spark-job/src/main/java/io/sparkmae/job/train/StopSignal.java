package io.sparkmae.job.train;

import io.sparkmae.job.spark.Terminations;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.apache.spark.SparkContext;

/**
 * Handles SIGTERM as a request to stop: it ends the running round, and keeps the JVM alive for a
 * checkpoint.
 *
 * <p>A second SIGTERM, or one after {@link #close}, ends the JVM as usual.
 */
final class StopSignal implements AutoCloseable {

  private static final Duration PAUSE = Duration.ofMillis(100);

  private final SparkContext spark;
  private volatile boolean requested;
  private volatile boolean closed;
  private volatile String jobGroup;
  private volatile int keptStep;
  private volatile long keptAt = System.nanoTime();

  private StopSignal(SparkContext spark) {
    this.spark = spark;
  }

  static StopSignal watch(SparkContext spark) {
    StopSignal signal = new StopSignal(spark);
    Terminations.handle(signal::handle);
    return signal;
  }

  /** Sets the group of jobs that a request cancels; null for none. */
  synchronized void guard(String group) {
    jobGroup = group;
  }

  /** Takes note that everything before {@code step} is in a checkpoint. */
  void kept(int step) {
    keptStep = step;
    keptAt = System.nanoTime();
  }

  boolean requested() {
    return requested;
  }

  /** Handles a SIGTERM; returns true if the JVM must not end. */
  private boolean handle() {
    if (closed || requested) {
      return false;
    }
    requested = true;
    System.err.printf(
        "SIGTERM: stopping after a checkpoint; if the process is killed before that, the steps since step %d (%d s ago) are lost%n",
        keptStep, Duration.ofNanos(System.nanoTime() - keptAt).toSeconds());
    Thread canceller = new Thread(this::cancel, "mae-stop");
    canceller.setDaemon(true);
    canceller.start();
    return true;
  }

  // Repeated, because cancelling affects only jobs that have begun, and another may be about to
  // begin.
  private void cancel() {
    while (!closed) {
      synchronized (this) {
        if (jobGroup != null) {
          spark.cancelJobGroup(jobGroup);
        }
      }
      LockSupport.parkNanos(PAUSE.toNanos());
    }
  }

  @Override
  public void close() {
    closed = true;
  }
}
