package io.sparkmae.model;

import java.util.Arrays;
import java.util.Comparator;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Which patches of one image are kept, and how to put them back (He et al. 2021, section 3,
 * "Masking").
 *
 * @param idsShuffle [tokens], the patches in the shuffled order; the encoder sees the first ones
 * @param numKeep how many the encoder sees
 */
record Masking(int[] idsShuffle, int numKeep) {

  // Keeps the mask's stream apart from the crop's, which starts from the same sample seed.
  private static final long STREAM = 0x6d61736b696e67L;

  /** Draws the mask of a sample: a pure function of its arguments, the same on every worker. */
  static Masking draw(long sampleSeed, int tokens, int numKeep) {
    return ofNoise(new SplittableRandom(sampleSeed ^ STREAM).doubles(tokens).toArray(), numKeep);
  }

  /**
   * Keeps the {@code numKeep} patches with the smallest noise, in ascending order; ties keep the
   * patches' order.
   */
  static Masking ofNoise(double[] noise, int numKeep) {
    int[] idsShuffle =
        IntStream.range(0, noise.length)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> noise[i]))
            .mapToInt(Integer::intValue)
            .toArray();
    return new Masking(idsShuffle, numKeep);
  }

  /** Returns [numKeep], the kept patches in the order in which the encoder sees them. */
  int[] idsKeep() {
    return Arrays.copyOf(idsShuffle, numKeep);
  }

  /**
   * Returns [tokens], for each patch its place in the shuffled order: kept patches have places
   * below numKeep.
   */
  int[] idsRestore() {
    int[] idsRestore = new int[idsShuffle.length];
    for (int place = 0; place < idsShuffle.length; place++) {
      idsRestore[idsShuffle[place]] = place;
    }
    return idsRestore;
  }

  /** Returns [tokens], 0 kept, 1 removed. */
  double[] mask() {
    return predicted(idsShuffle.length - numKeep);
  }

  /** Returns [tokens], 1 for the first {@code count} removed patches in the shuffled order. */
  double[] predicted(int count) {
    double[] predicted = new double[idsShuffle.length];
    for (int place = numKeep; place < numKeep + count; place++) {
      predicted[idsShuffle[place]] = 1;
    }
    return predicted;
  }
}
