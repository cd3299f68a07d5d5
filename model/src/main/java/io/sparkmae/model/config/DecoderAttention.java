package io.sparkmae.model.config;

import java.util.Locale;

/** What the tokens of the decoder attend to. */
public enum DecoderAttention {
  /** All tokens, visible ones and mask tokens, as in the paper (He et al. 2021). */
  SELF,
  /** The visible tokens alone: each mask token is decoded by itself (CrossMAE, Fu et al. 2024). */
  CROSS;

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
    public boolean equals(Object attention) {
      return attention == SELF;
    }

    @Override
    public int hashCode() {
      return SELF.hashCode();
    }
  }
}
