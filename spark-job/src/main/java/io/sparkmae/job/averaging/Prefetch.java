package io.sparkmae.job.averaging;

import io.sparkmae.job.spark.OnBehalf;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.deeplearning4j.core.loader.MultiDataSetLoader;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * Loads a worker's next minibatches on a thread of its own while the worker computes.
 *
 * <p>At most {@value #AHEAD} wait to be taken. {@link #take} rethrows a loader's exception; the
 * thread keeps running.
 */
final class Prefetch implements AutoCloseable {

  static final int AHEAD = 2;

  // between two checks whether the task was cancelled
  private static final int PATIENCE_MILLIS = 200;

  private final ExecutorService thread;
  private final Map<String, Future<MultiDataSet>> coming = new HashMap<>();
  private ResidentLoader resident; // used only by the thread

  /**
   * Makes a prefetch; its thread starts with the first minibatch.
   *
   * @param gpu the GPU that uses the minibatches
   */
  Prefetch(String threadName, int gpu) {
    thread =
        Executors.newSingleThreadExecutor(
            task -> {
              Runnable pinned =
                  () -> {
                    Gpu.pin(gpu);
                    task.run();
                    release();
                  };
              Thread loader = new Thread(pinned, threadName);
              loader.setDaemon(true);
              return loader;
            });
  }

  /** Starts to load the first of {@code paths}, and drops minibatches that are not among these. */
  void expect(List<String> paths, MultiDataSetLoader loader) {
    List<String> next = paths.subList(0, Math.min(paths.size(), 1 + AHEAD));
    coming.entrySet().removeIf(entry -> !next.contains(entry.getKey()) && drop(entry.getValue()));
    for (String path : next) {
      coming.computeIfAbsent(path, p -> submit(() -> load(p, loader)));
    }
  }

  private Future<MultiDataSet> submit(Callable<MultiDataSet> loading) {
    try {
      return thread.submit(OnBehalf.ofThisTask(loading));
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot tell the task's user", e);
    }
  }

  private static boolean drop(Future<MultiDataSet> stale) {
    stale.cancel(false); // already loaded or still loading: no longer needed
    return true;
  }

  private MultiDataSet load(String path, MultiDataSetLoader loader) throws IOException {
    if (loader instanceof ResidentLoader keeper) {
      resident = keeper;
    }
    return loader.load(new PathSource(path));
  }

  /**
   * Returns the minibatch at {@code path}, which must have been passed to {@link #expect}; waits
   * until it is loaded.
   */
  MultiDataSet take(String path) throws InterruptedException {
    Future<MultiDataSet> loading = coming.remove(path);
    while (true) {
      try {
        return loading.get(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        Cancelled.check();
      } catch (ExecutionException e) {
        throw failure(path, e.getCause());
      }
    }
  }

  private static RuntimeException failure(String path, Throwable cause) {
    if (cause instanceof RuntimeException unchecked) {
      return unchecked;
    }
    return cause instanceof IOException io
        ? new UncheckedIOException(io)
        : new IllegalStateException("Cannot load " + path + ": " + cause, cause);
  }

  /** Returns the minibatch at {@code path} if it is already loaded; it can still be taken. */
  Optional<MultiDataSet> peek(String path) throws InterruptedException {
    Future<MultiDataSet> loaded = coming.get(path);
    if (loaded == null || !loaded.isDone()) {
      return Optional.empty();
    }
    try {
      return Optional.of(loaded.get());
    } catch (ExecutionException e) {
      return Optional.empty(); // take throws it
    }
  }

  private void release() {
    if (resident != null) {
      resident.release();
    }
  }

  /** Ends the thread, which first releases the data that its loader keeps. */
  @Override
  public void close() {
    thread.shutdownNow();
  }
}
