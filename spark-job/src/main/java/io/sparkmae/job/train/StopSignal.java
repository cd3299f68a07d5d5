package io.sparkmae.job.train;

import io.sparkmae.job.spark.Terminations;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/**
 * Handles SIGTERM as a request to stop: it ends the running round, and keeps the JVM alive for a
 * checkpoint.
 *
 * <p>A second SIGTERM, or one after {@link #close}, ends the JVM as usual.
 */
final class StopSignal implements AutoCloseable {

  private static final Duration PAUSE = Duration.ofMillis(100);

  private volatile boolean requested;
  private volatile boolean closed;
  private Runnable end = () -> {};
  private volatile int keptStep;
  private volatile long keptAt = System.nanoTime();

  private StopSignal() {}

  static StopSignal watch() {
    StopSignal signal = new StopSignal();
    Terminations.handle(signal::handle);
    return signal;
  }

  /** Says how a request ends what runs from now on; it may be called many times. */
  synchronized void ends(Runnable running) {
    end = running;
  }

  /** Lets what runs from now on end by itself. */
  void endsNothing() {
    ends(() -> {});
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
    Thread ender = new Thread(this::end, "mae-stop");
    ender.setDaemon(true);
    ender.start();
    return true;
  }

  // Repeated, because it affects only jobs that have begun, and another may be about to begin.
  private void end() {
    while (!closed) {
      synchronized (this) {
        end.run();
      }
      LockSupport.parkNanos(PAUSE.toNanos());
    }
  }

  @Override
  public void close() {
    closed = true;
  }
}
