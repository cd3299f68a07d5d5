package io.sparkmae.data;

import io.sparkmae.data.image.PatchWriter;
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
import java.util.function.Supplier;

/**
 * Threads that turn images into patches, each with its own decoders and buffers. Only one thread
 * may call this class.
 *
 * <p>A single thread is the caller's own. Several are daemon threads, which start with the first
 * work and end after a minute without any.
 *
 * @param <W> what a thread has
 */
public final class DecodeThreads<W extends PatchWriter> implements AutoCloseable {
  private static final AtomicInteger STARTED = new AtomicInteger();

  private final Supplier<W> writers;
  private final W own;
  private final ThreadLocal<W> current = new ThreadLocal<>(); // of the pool's threads
  private final ThreadPoolExecutor pool; // null if the caller's thread decodes
  private final Executor executor;

  /**
   * Makes {@code threads} decode threads, which start with the first work, each with a writer of
   * its own.
   */
  public DecodeThreads(int threads, Supplier<W> writers) {
    if (threads < 1) {
      throw new IllegalArgumentException(
          "Invalid decode threads: %d (must be at least 1)".formatted(threads));
    }
    this.writers = writers;
    own = writers.get();
    pool = threads == 1 ? null : pool(threads);
    executor = threads == 1 ? Runnable::run : pool;
  }

  private ThreadPoolExecutor pool(int threads) {
    var pool =
        new ThreadPoolExecutor(
            threads, threads, 1, TimeUnit.MINUTES, new LinkedBlockingQueue<>(), Decoder::new);
    pool.allowCoreThreadTimeOut(true);
    return pool;
  }

  /** Runs the work on a free thread; with a single thread, at once on the caller's. */
  public Future<Void> submit(Consumer<W> work) {
    var task = new FutureTask<Void>(() -> work.accept(writer()), null);
    executor.execute(task);
    return task;
  }

  private W writer() {
    return pool == null ? own : current.get();
  }

  /**
   * Waits for works in the given order. If one throws, throws its exception and cancels those not
   * yet begun.
   *
   * @throws IllegalStateException if this thread is interrupted; its flag stays set
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
      throw (RuntimeException) e.getCause(); // a Consumer throws nothing else
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

  /** Ends the threads, each after its current image. */
  @Override
  public void close() {
    own.close();
    if (pool != null) {
      pool.shutdownNow();
    }
  }

  private final class Decoder extends Thread {
    Decoder(Runnable works) {
      super(works, "mae-decode-" + STARTED.getAndIncrement());
      setDaemon(true);
    }

    @Override
    public void run() {
      try (W writer = writers.get()) {
        current.set(writer);
        super.run();
      }
    }
  }
}
