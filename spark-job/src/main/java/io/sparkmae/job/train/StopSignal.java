package io.sparkmae.job.train;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.apache.spark.SparkContext;
import org.apache.spark.util.SignalUtils;
import scala.runtime.AbstractFunction0;

/**
 * Takes SIGTERM as a request to stop: it ends the round that runs, and leaves the JVM alive for a
 * checkpoint.
 *
 * <p>A second SIGTERM, and one after {@link #close}, ends the JVM as ever.
 */
final class StopSignal extends AbstractFunction0<Object> implements AutoCloseable {

  private static final Duration PAUSE = Duration.ofMillis(100);

  private final SparkContext spark;
  private volatile boolean requested;
  private volatile boolean closed;
  private volatile String jobGroup;

  private StopSignal(SparkContext spark) {
    this.spark = spark;
  }

  static StopSignal watch(SparkContext spark) {
    StopSignal signal = new StopSignal(spark);
    SignalUtils.register("TERM", signal);
    return signal;
  }

  /** Names the jobs that a request ends; null for none. */
  synchronized void guard(String group) {
    jobGroup = group;
  }

  boolean requested() {
    return requested;
  }

  /** Called on SIGTERM; true if that is all there is to do. */
  @Override
  public Object apply() {
    if (closed || requested) {
      return false;
    }
    requested = true;
    System.err.println("SIGTERM: stopping after a checkpoint");
    Thread canceller = new Thread(this::cancel, "mae-stop");
    canceller.setDaemon(true);
    canceller.start();
    return true;
  }

  // Again and again: a job may be on its way, and cancelling finds only those that have begun.
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
