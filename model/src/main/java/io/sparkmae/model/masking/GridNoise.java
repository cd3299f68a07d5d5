package io.sparkmae.model.masking;

import java.util.SplittableRandom;

/**
 * Noise that keeps a regular grid. Patches are kept in the order of an ordered-dither (Bayer)
 * matrix: first one of every 2 by 2, then the one diagonal to it, then the other two; and among
 * those of one kind again one of every 2 by 2 of them first, and so on. So any number of kept
 * patches is spread as evenly as it can be. The grid's offset is drawn.
 */
final class GridNoise {

  private static final int[][] ORDER = {{0, 2}, {3, 1}}; // of a 2 by 2

  private GridNoise() {}

  /** Returns [tokens], whole numbers, each once. */
  static double[] draw(SplittableRandom random, int grid) {
    int bits = 32 - Integer.numberOfLeadingZeros(grid - 1);
    int period = 1 << bits;
    int down = random.nextInt(period);
    int right = random.nextInt(period);
    double[] noise = new double[grid * grid];
    for (int i = 0; i < noise.length; i++) {
      noise[i] = place((i / grid + down) % period, (i % grid + right) % period, bits);
    }
    return noise;
  }

  /** Returns a place in the order of a matrix of side 2^bits; the lowest bits count most. */
  private static long place(int row, int column, int bits) {
    long place = 0;
    for (int bit = 0; bit < bits; bit++) {
      place = 4 * place + ORDER[row >> bit & 1][column >> bit & 1];
    }
    return place;
  }
}
