package io.sparkmae.data;

import io.sparkmae.data.image.ImagePatches;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * Threads that turn images into patches, each with decoders and buffers of its own; for one caller.
 *
 * <p>One thread is the caller's. More are daemons beside it, which start with work and end a minute
 * after the last.
 */
public final class DecodeThreads implements AutoCloseable {
  private static final AtomicInteger STARTED = new AtomicInteger();

  private final ImagePatches own = new ImagePatches();
  private final ThreadPoolExecutor pool; // null for the caller's thread
  private final Executor executor;

  /** Starts no thread yet. */
  public DecodeThreads(int threads) {
    if (threads < 1) {
      throw new IllegalArgumentException(
          "Invalid decode threads: %d (must be at least 1)".formatted(threads));
    }
    pool = threads == 1 ? null : pool(threads);
    executor = threads == 1 ? Runnable::run : pool;
  }

  private static ThreadPoolExecutor pool(int threads) {
    var pool =
        new ThreadPoolExecutor(
            threads, threads, 1, TimeUnit.MINUTES, new LinkedBlockingQueue<>(), Decoder::new);
    pool.allowCoreThreadTimeOut(true);
    return pool;
  }

  /** Does the work on a thread that is free, on the caller's at once if that is the only one. */
  public Future<Void> submit(Consumer<ImagePatches> work) {
    var task = new FutureTask<Void>(() -> work.accept(images()), null);
    executor.execute(task);
    return task;
  }

  private ImagePatches images() {
    return Thread.currentThread() instanceof Decoder decoder ? decoder.images : own;
  }

  /**
   * Waits for works in the order given; what the first of them threw is thrown, and those after it
   * are not begun.
   *
   * @throws IllegalStateException if this thread is interrupted, whose flag stays set
   */
  public static void await(List<Future<Void>> works) {
    try {
      for (Future<Void> work : works) {
        work.get();
      }
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      throw (RuntimeException) e.getCause(); // a Consumer throws no other
    } catch (InterruptedException e) {
      throw interrupted();
    } finally {
      works.forEach(work -> work.cancel(false));
    }
  }

  static IllegalStateException interrupted() {
    Thread.currentThread().interrupt();
    return new IllegalStateException("Cannot read images: the thread was interrupted");
  }

  /** Ends the threads, each after the image that it is at. */
  @Override
  public void close() {
    own.close();
    if (pool != null) {
      pool.shutdownNow();
    }
  }

  private static final class Decoder extends Thread {
    private final ImagePatches images = new ImagePatches();

    Decoder(Runnable works) {
      super(works, "mae-decode-" + STARTED.getAndIncrement());
      setDaemon(true);
    }

    @Override
    public void run() {
      try (images) {
        super.run();
      }
    }
  }
}
