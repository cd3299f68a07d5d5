package io.sparkmae.job.track;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Tells an MLflow server of a run, from a thread of its own. The run never waits for it: what does
 * not fit into a bounded queue is dropped and counted, and the end waits at most {@value
 * #SECONDS_AT_THE_END} s, and only for a server that has answered.
 */
public final class Tracker implements AutoCloseable {

  /** Tells nobody. */
  public static final Tracker OFF = new Tracker(null);

  private static final int QUEUE = 4096;
  private static final int BATCH = 100; // moments in a request; MLflow takes 1000 figures
  private static final int SECONDS_AT_THE_END = 5;
  private static final long FIRST_PAUSE_MILLIS = 1000;
  private static final long LONGEST_PAUSE_MILLIS = 60_000;

  private final MlflowRun run; // null: off
  private final BlockingQueue<Scalars> queue = new ArrayBlockingQueue<>(QUEUE);
  private final Thread thread = new Thread(this::send, "mae-mlflow");
  private volatile boolean ended;
  private volatile Map<String, Double> result; // null: the run failed
  private long dropped; // by the run's thread
  private long lost; // by ours
  private boolean warned;

  private Tracker(MlflowRun run) {
    this.run = run;
    thread.setDaemon(true);
  }

  /** Begins to tell the server of a run; returns at once, whatever the server does. */
  public static Tracker of(MlflowRun run) {
    Tracker tracker = new Tracker(run);
    tracker.thread.start();
    return tracker;
  }

  /** Takes in the figures of a moment; never waits. */
  public void log(Scalars moment) {
    if (run != null && !queue.offer(moment)) {
      dropped++;
    }
  }

  /** Takes in the result of a run that is finished. */
  public void finished(Map<String, Double> figures) {
    result = figures;
  }

  /** Ends the run on the server: as failed, unless {@link #finished} was called. */
  @Override
  public void close() {
    if (run == null) {
      return;
    }
    ended = true;
    try {
      if (run.answers()) { // nobody else is waited for
        thread.join(TimeUnit.SECONDS.toMillis(SECONDS_AT_THE_END));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    run.close();
    long missing = dropped + lost + queue.size();
    if (missing > 0) {
      System.err.printf("mae: MLflow did not get %d rounds or epochs of this run%n", missing);
    }
  }

  private void send() {
    long pause = FIRST_PAUSE_MILLIS;
    while (true) {
      boolean last = ended && queue.isEmpty();
      List<Scalars> batch = last ? List.of() : next();
      if (batch.isEmpty() && run.answers() && !last) {
        continue;
      }
      try {
        if (last) {
          run.end(result);
        } else {
          run.log(batch);
        }
        pause = FIRST_PAUSE_MILLIS;
      } catch (RuntimeException | LinkageError e) { // whatever it is, the run goes on
        lost += batch.size();
        warn(e);
        if (ended) {
          return;
        }
        pause = Math.min(2 * sleep(pause), LONGEST_PAUSE_MILLIS);
      }
      if (last) {
        return;
      }
    }
  }

  /** Returns what there is, at once or as soon as there is something. */
  private List<Scalars> next() {
    List<Scalars> batch = new ArrayList<>();
    try {
      Scalars first = queue.poll(200, TimeUnit.MILLISECONDS);
      if (first != null) {
        batch.add(first);
        queue.drainTo(batch, BATCH - 1);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return batch;
  }

  private long sleep(long millis) {
    for (long slept = 0; slept < millis && !ended; slept += 100) {
      try {
        Thread.sleep(100);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return millis;
      }
    }
    return millis;
  }

  private void warn(Throwable cause) {
    if (!warned && !ended) {
      warned = true;
      System.err.printf(
          "mae: MLflow at %s does not answer as it should, the run goes on without it: %s%n",
          run.server(), MlflowRun.withoutUser(cause.toString()));
    }
  }
}
