package io.sparkmae.model;

import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Normalisation;
import io.sparkmae.model.config.Pixels;
import io.sparkmae.model.masking.Masking;
import java.util.Arrays;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Makes the minibatches that {@link MaeGraph} is fed with: one feature, idsShuffle int32 [N, L],
 * and one label, the patches [N, L, P].
 */
public final class MaeBatch {

  private MaeBatch() {}

  /**
   * Returns a minibatch of pixels as bytes, which are normalised where the step is computed, with a
   * mask drawn for each sample.
   *
   * @param patches uint8 [N, L, P], inside a patch row, column, channel
   * @param sampleSeeds [N]; a sample's mask depends on its seed alone
   */
  public static MultiDataSet of(MaeConfig config, byte[] patches, long[] sampleSeeds) {
    return of(Pixels.bytes(patches, sampleSeeds.length, config), maskings(config, sampleSeeds));
  }

  /**
   * Returns a minibatch of images of a {@link Normalisation}, with a mask drawn for each sample.
   *
   * @param patches [N, L, P], as {@link Pixels#of} takes them
   * @param sampleSeeds [N]; a sample's mask depends on its seed alone
   */
  public static MultiDataSet of(
      MaeConfig config, Normalisation normalisation, byte[] patches, long[] sampleSeeds) {
    return of(
        Pixels.of(patches, sampleSeeds.length, config, normalisation),
        maskings(config, sampleSeeds));
  }

  private static Masking[] maskings(MaeConfig config, long[] sampleSeeds) {
    return Arrays.stream(sampleSeeds)
        .mapToObj(seed -> masking(config, seed))
        .toArray(Masking[]::new);
  }

  /**
   * Returns a minibatch of patches [N, L, P]: bytes, or numbers that are normalised already, in
   * their own precision.
   */
  static MultiDataSet of(INDArray patches, Masking[] maskings) {
    int[][] orders = Arrays.stream(maskings).map(Masking::idsShuffle).toArray(int[][]::new);
    return new org.nd4j.linalg.dataset.MultiDataSet(Nd4j.createFromArray(orders), patches);
  }

  /** Returns the mask that a minibatch has for a sample, [L]: 0 kept, 1 removed. */
  public static double[] mask(MaeConfig config, long sampleSeed) {
    return masking(config, sampleSeed).mask();
  }

  private static Masking masking(MaeConfig config, long sampleSeed) {
    return Masking.draw(config.maskSampling(), sampleSeed, config.gridSize(), config.numKeep());
  }
}
