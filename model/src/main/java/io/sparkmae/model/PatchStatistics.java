package io.sparkmae.model;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * Mean and deviation of every patch, over its pixels and channels together, as {@code normPixLoss}
 * uses them.
 *
 * @param mean [N, L, 1]
 * @param deviation [N, L, 1], the root of the unbiased variance plus 1e-6
 */
public record PatchStatistics(INDArray mean, INDArray deviation) {

  private static final double EPS = 1e-6;

  /** Returns the statistics of {@code patches} [N, L, P]. */
  public static PatchStatistics of(INDArray patches) {
    INDArray mean = patches.mean(true, 2);
    INDArray centred = patches.sub(mean.broadcast(patches.shape()));
    // Tensor.var's default divides by P − 1
    INDArray variance = centred.muli(centred).sum(true, 2).divi(patches.size(2) - 1);
    return new PatchStatistics(mean, Transforms.sqrt(variance.addi(EPS), false));
  }

  /** Returns (patches − mean) / deviation, [N, L, P]. */
  public INDArray normalise(INDArray patches) {
    return patches.sub(mean.broadcast(patches.shape())).divi(deviation.broadcast(patches.shape()));
  }

  /** Returns patches · deviation + mean, [N, L, P]: a normalised prediction in pixels. */
  public INDArray denormalise(INDArray patches) {
    return patches.mul(deviation.broadcast(patches.shape())).addi(mean.broadcast(patches.shape()));
  }
}
