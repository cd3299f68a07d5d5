package io.sparkmae.model.config;

import java.util.Locale;

/**
 * The ways to choose the patches that are removed (He et al. 2021, table 1f). Each removes exactly
 * as many as the mask ratio says.
 */
public enum MaskSampling {
  /** Each patch with the same probability. */
  RANDOM,
  /** Large rectangles. */
  BLOCK,
  /** All but a regular grid; at a mask ratio of 0.75 one patch of every 2 by 2 stays. */
  GRID;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * Equals what a model's JSON leaves out, so that Jackson does: models of before have the same
   * bytes.
   */
  public static final class Usual {
    @Override
    public boolean equals(Object sampling) {
      return sampling == RANDOM;
    }

    @Override
    public int hashCode() {
      return RANDOM.hashCode();
    }
  }
}
