package io.sparkmae.model.classify;

import io.sparkmae.model.ClassifierGraph;
import io.sparkmae.model.config.ClassifierConfig;
import io.sparkmae.model.config.Pixels;
import java.util.SplittableRandom;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;

/** Makes the minibatches that {@link ClassifierGraph} is fed with. */
public final class ClassifierBatch {

  // Keeps the stream of the paths apart from the crop's, which starts from the same sample seed.
  private static final long STREAM = 0x64726f7070617468L;

  private ClassifierBatch() {}

  /**
   * Returns a minibatch of pixels as bytes, with the dropped paths drawn for each sample.
   *
   * @param patches uint8 [N, L, P], inside a patch row, column, channel
   * @param targets [N, classes], the weight of each class
   * @param sampleSeeds [N]; a sample's dropped paths depend on its seed alone
   */
  public static MultiDataSet of(
      ClassifierConfig config, byte[] patches, float[][] targets, long[] sampleSeeds) {
    INDArray pixels = Pixels.bytes(patches, sampleSeeds.length, config.encoder());
    return of(pixels, scales(config, sampleSeeds), Nd4j.createFromArray(targets));
  }

  /** Returns a minibatch of patches [N, L, P], bytes or numbers that are normalised already. */
  public static MultiDataSet of(INDArray patches, INDArray scales, INDArray targets) {
    return new MultiDataSet(new INDArray[] {patches, scales}, new INDArray[] {targets});
  }

  /**
   * Returns the scales of the branches [N, 2 · depth], attention and MLP of block after block: 0
   * with the block's probability p, else 1 / (1 − p), so that the mean is 1.
   */
  public static INDArray scales(ClassifierConfig config, long[] sampleSeeds) {
    int branches = 2 * config.encoder().encoder().depth();
    float[][] scales = new float[sampleSeeds.length][branches];
    for (int n = 0; n < scales.length; n++) {
      SplittableRandom random = new SplittableRandom(sampleSeeds[n] ^ STREAM);
      for (int branch = 0; branch < branches; branch++) {
        double drop = config.dropPath(branch / 2);
        scales[n][branch] = random.nextDouble() < drop ? 0 : (float) (1 / (1 - drop));
      }
    }
    return Nd4j.createFromArray(scales);
  }
}
