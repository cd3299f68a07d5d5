package io.sparkmae.model.config;

import java.util.Locale;

/** The ways to reduce the tokens of an image to the feature that a classifier's head sees. */
public enum Pooling {
  /** The class token after the final norm. */
  CLS,
  /** The mean of the patch tokens, the class token left out. */
  MEAN,
  /**
   * What a trained query finds in the patch tokens after the final norm, the class token left out.
   */
  ATTENTION;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
