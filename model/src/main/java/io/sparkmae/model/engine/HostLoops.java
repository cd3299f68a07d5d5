package io.sparkmae.model.engine;

import java.util.concurrent.ForkJoinPool;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.FloatPointer;

/**
 * Loops over native memory in plain Java: chunks pass through arrays that stay in the core's cache,
 * where the compiler vectorises them.
 *
 * <p>Java's floating point is exact to the bit, and sums are taken chunk by chunk in order: the
 * results depend neither on the processor nor on the number of threads.
 */
final class HostLoops implements AutoCloseable {

  private static final int CHUNK = 1 << 14; // four of them fit a core's second-level cache
  private static final int LANES =
      256; // partial sums side by side; a single one would not vectorise
  private static final ThreadLocal<float[][]> BUFFERS =
      ThreadLocal.withInitial(() -> new float[5][CHUNK]);

  private final ForkJoinPool pool;

  /** What is done with entries [from, from + length); returns a share of the sum. */
  private interface Chunk {
    double process(long from, int length, float[][] buffers);
  }

  HostLoops(int threads) {
    pool = threads > 1 ? new ForkJoinPool(threads) : null;
  }

  double sumOfSquares(FloatPointer x, long length) {
    return overChunks(
        length,
        (from, n, buffers) -> {
          read(x, from, buffers[0], n);
          return sumOfSquares(buffers[0], n, buffers[4]);
        });
  }

  /** Returns Σ (prediction − target)²; dPrediction = scale · (prediction − target). */
  double squaredError(
      FloatPointer prediction,
      FloatPointer target,
      FloatPointer dPrediction,
      long length,
      float scale) {
    return overChunks(
        length,
        (from, n, buffers) -> {
          float[] difference = buffers[0];
          float[] other = buffers[1];
          read(prediction, from, difference, n);
          read(target, from, other, n);
          for (int i = 0; i < n; i++) {
            difference[i] -= other[i];
          }
          double sum = sumOfSquares(difference, n, buffers[4]);
          for (int i = 0; i < n; i++) {
            difference[i] *= scale;
          }
          write(dPrediction, from, difference, n);
          return sum;
        });
  }

  /** One pass of AdamW; returns Σ g². */
  double adamW(
      FloatPointer params,
      FloatPointer gradients,
      FloatPointer expAvg,
      FloatPointer expAvgSq,
      long length,
      AdamWRates rates,
      boolean decays) {
    return overChunks(
        length,
        (from, n, buffers) -> {
          read(params, from, buffers[0], n);
          read(gradients, from, buffers[1], n);
          read(expAvg, from, buffers[2], n);
          read(expAvgSq, from, buffers[3], n);
          double sum = sumOfSquares(buffers[1], n, buffers[4]);
          adamW(buffers[0], buffers[1], buffers[2], buffers[3], n, rates, decays);
          write(params, from, buffers[0], n);
          write(expAvg, from, buffers[2], n);
          write(expAvgSq, from, buffers[3], n);
          return sum;
        });
  }

  private static void adamW(
      float[] p, float[] g, float[] m, float[] v, int n, AdamWRates rates, boolean decays) {
    float scale = (float) rates.gradientScale();
    float beta1 = (float) rates.beta1();
    float oneMinusBeta1 = (float) (1 - rates.beta1());
    float beta2 = (float) rates.beta2();
    float oneMinusBeta2 = (float) (1 - rates.beta2());
    float rate = (float) rates.rate();
    float root = (float) rates.root();
    float epsilon = (float) rates.epsilon();
    float keep = (float) (decays ? 1 - rates.decay() : 1);
    for (int i = 0; i < n; i++) {
      float gradient = g[i] * scale;
      float first = beta1 * m[i] + oneMinusBeta1 * gradient;
      float second = beta2 * v[i] + oneMinusBeta2 * (gradient * gradient);
      m[i] = first;
      v[i] = second;
      p[i] = keep * p[i] - rate * first / ((float) Math.sqrt(second) * root + epsilon);
    }
  }

  private static double sumOfSquares(float[] x, int n, float[] lanes) {
    java.util.Arrays.fill(lanes, 0, LANES, 0);
    int whole = n - n % LANES;
    for (int from = 0; from < whole; from += LANES) {
      for (int lane = 0; lane < LANES; lane++) {
        lanes[lane] += x[from + lane] * x[from + lane];
      }
    }
    double sum = 0;
    for (int lane = 0; lane < LANES; lane++) {
      sum += lanes[lane];
    }
    for (int i = whole; i < n; i++) {
      sum += (double) x[i] * x[i];
    }
    return sum;
  }

  private double overChunks(long length, Chunk chunk) {
    int chunks = Math.toIntExact((length + CHUNK - 1) / CHUNK);
    double[] sums = new double[chunks];
    if (pool == null || chunks == 1) {
      IntStream.range(0, chunks).forEach(i -> sums[i] = process(i, length, chunk));
    } else {
      pool.submit(
              () ->
                  IntStream.range(0, chunks)
                      .parallel()
                      .forEach(i -> sums[i] = process(i, length, chunk)))
          .join();
    }
    double sum = 0;
    for (double part : sums) {
      sum += part;
    }
    return sum;
  }

  private static double process(int index, long length, Chunk chunk) {
    long from = (long) index * CHUNK;
    return chunk.process(from, (int) Math.min(CHUNK, length - from), BUFFERS.get());
  }

  // getPointer makes a pointer of its own: several threads read from one base
  private static void read(FloatPointer base, long from, float[] into, int n) {
    base.getPointer(from).get(into, 0, n);
  }

  private static void write(FloatPointer base, long from, float[] values, int n) {
    base.getPointer(from).put(values, 0, n);
  }

  @Override
  public void close() {
    if (pool != null) {
      pool.shutdown();
    }
  }
}
