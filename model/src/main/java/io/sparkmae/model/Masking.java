package io.sparkmae.model;

import java.util.Arrays;
import java.util.Comparator;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * The kept patches of one image, and the order that restores all patches (He et al. 2021, section
 * 3, "Masking").
 *
 * @param idsKeep [numKeep], the kept patches in the order in which the encoder sees them
 * @param idsRestore [tokens], for each patch its place in the shuffled order: kept patches have
 *     places below numKeep
 */
record Masking(int[] idsKeep, int[] idsRestore) {

  // Keeps the mask's stream apart from the crop's, which starts from the same sample seed.
  private static final long STREAM = 0x6d61736b696e67L;

  /** Draws the mask of a sample. The same arguments give the same mask on every worker. */
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
    int[] idsRestore = new int[noise.length];
    for (int place = 0; place < noise.length; place++) {
      idsRestore[idsShuffle[place]] = place;
    }
    return new Masking(Arrays.copyOf(idsShuffle, numKeep), idsRestore);
  }

  /** Returns [tokens] numbers: 0 for a kept patch, 1 for a removed one. */
  double[] mask() {
    double[] mask = new double[idsRestore.length];
    for (int token = 0; token < mask.length; token++) {
      mask[token] = idsRestore[token] < idsKeep.length ? 0 : 1;
    }
    return mask;
  }
}
