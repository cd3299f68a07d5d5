package io.sparkmae.model.masking;

import io.sparkmae.model.config.MaskSampling;
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
public record Masking(int[] idsShuffle, int numKeep) {

  // Keeps the mask's stream apart from the crop's, which starts from the same sample seed.
  private static final long STREAM = 0x6d61736b696e67L;

  /**
   * Draws the mask of a sample: a pure function of its arguments, the same on every worker.
   *
   * @param gridSize patches along one side of the image
   */
  public static Masking draw(MaskSampling sampling, long sampleSeed, int gridSize, int numKeep) {
    int tokens = gridSize * gridSize;
    SplittableRandom random = new SplittableRandom(sampleSeed ^ STREAM);
    return ofNoise(
        switch (sampling) {
          case RANDOM -> random.doubles(tokens).toArray();
          case BLOCK -> BlockNoise.draw(random, gridSize, tokens - numKeep);
          case GRID -> GridNoise.draw(random, gridSize);
        },
        numKeep);
  }

  /**
   * Keeps the {@code numKeep} patches with the smallest noise, in ascending order; ties keep the
   * patches' order.
   */
  public static Masking ofNoise(double[] noise, int numKeep) {
    int[] idsShuffle =
        IntStream.range(0, noise.length)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> noise[i]))
            .mapToInt(Integer::intValue)
            .toArray();
    return new Masking(idsShuffle, numKeep);
  }

  /** Returns [numKeep], the kept patches in the order in which the encoder sees them. */
  public int[] idsKeep() {
    return Arrays.copyOf(idsShuffle, numKeep);
  }

  /**
   * Returns [tokens], for each patch its place in the shuffled order: kept patches have places
   * below numKeep.
   */
  public int[] idsRestore() {
    int[] idsRestore = new int[idsShuffle.length];
    for (int place = 0; place < idsShuffle.length; place++) {
      idsRestore[idsShuffle[place]] = place;
    }
    return idsRestore;
  }

  /** Returns [tokens], 0 kept, 1 removed. */
  public double[] mask() {
    return predicted(idsShuffle.length - numKeep);
  }

  /** Returns [tokens], 1 for the first {@code count} removed patches in the shuffled order. */
  public double[] predicted(int count) {
    double[] predicted = new double[idsShuffle.length];
    for (int place = numKeep; place < numKeep + count; place++) {
      predicted[idsShuffle[place]] = 1;
    }
    return predicted;
  }
}
