package io.sparkmae.model.config;

import java.util.Locale;

/** The ways to reduce the tokens of an image to one feature vector. */
public enum Pooling {
  /** The class token after the final norm. */
  CLS,
  /** The mean of the patch tokens, the class token left out. */
  MEAN;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
