package io.sparkmae.model.engine.onednn;

import io.sparkmae.model.engine.device.HostVector;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ForkJoinPool;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/**
 * Loops over native memory in plain Java. Blocks are copied to small arrays that stay in the
 * first-level cache, since the compiler vectorises loops over arrays.
 *
 * <p>Java defines floating point to the bit, and sums are added in a fixed order of shares: the
 * results depend neither on the processor nor on the number of threads.
 */
final class HostLoops implements AutoCloseable {

  private static final int SHARE = 1 << 16; // entries that a thread takes at a time
  // entries; small, so that the processor prefetches all vectors at once
  private static final int BLOCK = 256;
  private static final ThreadLocal<Buffers> BUFFERS = ThreadLocal.withInitial(Buffers::new);

  private final int threads;
  private final ForkJoinPool pool;

  /** Work on the entries [from, from + n) of all vectors; n is at most a block. */
  interface Work {
    void process(long from, int n, Buffers buffers);
  }

  /** Work on all entries of vectors of one length, which is at least 1. */
  record Loop(long length, Work work) {
    private int shares() {
      return Math.toIntExact((length + SHARE - 1) / SHARE);
    }
  }

  /**
   * Buffers for a block of up to four vectors, and several partial sums, since adding to a single
   * sum is slow.
   */
  static final class Buffers {
    final float[] a = new float[BLOCK];
    final float[] b = new float[BLOCK];
    final float[] c = new float[BLOCK];
    final float[] d = new float[BLOCK];
    private final float[] squares = new float[BLOCK];

    void addSquares(float[] x, int n) {
      for (int i = 0; i < n; i++) {
        squares[i] += x[i] * x[i];
      }
    }

    private double takeSum() {
      double sum = 0;
      for (float square : squares) {
        sum += square;
      }
      Arrays.fill(squares, 0);
      return sum;
    }
  }

  HostLoops(int threads) {
    this.threads = threads;
    pool = threads > 1 ? new ForkJoinPool(threads) : null;
  }

  int threads() {
    return threads;
  }

  double sumOfSquares(HostVector x) {
    return over(
        x.length(),
        (from, n, buffers) -> {
          x.get(from, buffers.a, n);
          buffers.addSquares(buffers.a, n);
        });
  }

  /**
   * Returns Σ (prediction − target)² over the first {@code counted} entries; dPrediction = 2 /
   * counted · (prediction − target) there, and 0 beyond.
   */
  double squaredError(
      HostVector prediction, HostVector target, HostVector dPrediction, long counted) {
    float scale = 2f / counted;
    return over(
        prediction.length(),
        (from, n, buffers) -> {
          float[] difference = buffers.a;
          prediction.get(from, difference, n);
          target.get(from, buffers.b, n);
          for (int i = 0; i < n; i++) {
            difference[i] -= buffers.b[i];
          }
          int rest = (int) Math.max(0, Math.min(n, counted - from));
          Arrays.fill(difference, rest, n, 0);
          buffers.addSquares(difference, n);
          for (int i = 0; i < n; i++) {
            difference[i] *= scale;
          }
          dPrediction.put(from, difference, n);
        });
  }

  /** Computes to = share · from + addend. A null addend is 0; to may be from or addend. */
  void addShare(float share, HostVector from, HostVector addend, HostVector to) {
    over(
        from.length(),
        (at, n, buffers) -> {
          float[] sum = buffers.a;
          from.get(at, sum, n);
          for (int i = 0; i < n; i++) {
            sum[i] *= share;
          }
          if (addend != null) {
            addend.get(at, buffers.b, n);
            for (int i = 0; i < n; i++) {
              sum[i] += buffers.b[i];
            }
          }
          to.put(at, sum, n);
        });
  }

  /** Runs {@code work} for each index in [0, count), in any order. */
  void forEach(int count, IntConsumer work) {
    IntStream all = IntStream.range(0, count);
    if (pool == null || count == 1) {
      all.forEach(work);
    } else {
      pool.submit(() -> all.parallel().forEach(work)).join();
    }
  }

  private double over(long length, Work work) {
    return over(List.of(new Loop(length, work)));
  }

  /**
   * Runs all loops at once, so that short ones leave no thread idle; returns the sum of their sums.
   */
  double over(List<Loop> loops) {
    int[] starts = new int[loops.size() + 1]; // the first share of each loop
    for (int i = 0; i < loops.size(); i++) {
      starts[i + 1] = starts[i] + loops.get(i).shares();
    }
    double[] sums = new double[starts[loops.size()]];
    forEach(sums.length, i -> sums[i] = share(i, starts, loops));
    double sum = 0;
    for (int i = 0; i < loops.size(); i++) {
      sum += Arrays.stream(sums, starts[i], starts[i + 1]).sum();
    }
    return sum;
  }

  private static double share(int index, int[] starts, List<Loop> loops) {
    int found = Arrays.binarySearch(starts, index);
    int loop = found >= 0 ? found : -found - 2;
    return process(index - starts[loop], loops.get(loop));
  }

  private static double process(int share, Loop loop) {
    Buffers buffers = BUFFERS.get();
    long start = (long) share * SHARE;
    int count = (int) Math.min(SHARE, loop.length() - start);
    for (int done = 0; done < count; done += BLOCK) {
      loop.work().process(start + done, Math.min(BLOCK, count - done), buffers);
    }
    return buffers.takeSum();
  }

  @Override
  public void close() {
    if (pool != null) {
      pool.shutdown();
    }
  }
}
