package io.sparkmae.model.optimiser;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Scales a gradient down whose Euclidean norm over all parameters is too large.
 *
 * @param maxNorm the largest norm that stays as it is; 0, the paper's way, leaves all as they are
 */
public record GradientClip(double maxNorm) {

  public static final GradientClip NONE = new GradientClip(0);

  public boolean isOn() {
    return maxNorm > 0;
  }

  /** Returns what a gradient of {@code norm} is multiplied with, at most 1. */
  public double scale(double norm) {
    return isOn() && norm > maxNorm ? maxNorm / norm : 1;
  }

  /** Clips a flat gradient in place; returns its norm before. */
  public double apply(INDArray gradient) {
    double norm = gradient.norm2Number().doubleValue();
    if (isOn()) {
      gradient.muli(scale(norm));
    }
    return norm;
  }
}
