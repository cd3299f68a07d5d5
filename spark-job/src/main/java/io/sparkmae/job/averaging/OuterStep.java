package io.sparkmae.job.averaging;

import java.io.Serializable;

/**
 * The step of a round from its start towards the workers' average, with Nesterov's momentum over
 * rounds.
 *
 * <p>With Δ = average − start: u ← momentum · u + Δ, parameters ← start + rate · (Δ + momentum ·
 * u).
 *
 * @param rate 1 with momentum 0 is plain averaging; DiLoCo uses 0.7
 * @param momentum in [0, 1); DiLoCo uses 0.9
 * @see <a href="https://arxiv.org/abs/2311.08105">Douillard et al. 2023, DiLoCo, algorithm 1</a>
 */
public record OuterStep(double rate, double momentum) implements Serializable {

  /** Plain averaging. */
  public static final OuterStep NONE = new OuterStep(1, 0);

  public OuterStep {
    if (!(rate > 0)) {
      throw new IllegalArgumentException(
          "Invalid averaging.outer-rate: %s (must be positive)".formatted(rate));
    }
    if (!(momentum >= 0 && momentum < 1)) {
      throw new IllegalArgumentException(
          "Invalid averaging.outer-momentum: %s (must be in [0, 1))".formatted(momentum));
    }
  }

  boolean isPlain() {
    return rate == 1 && momentum == 0;
  }

  /**
   * Overwrites {@code average} with the new parameters, and {@code momenta} with the new momentum.
   */
  void apply(float[] start, float[] average, float[] momenta, int length) {
    for (int i = 0; i < length; i++) {
      float delta = average[i] - start[i];
      momenta[i] = (float) momentum * momenta[i] + delta;
      average[i] = start[i] + (float) rate * (delta + (float) momentum * momenta[i]);
    }
  }
}
