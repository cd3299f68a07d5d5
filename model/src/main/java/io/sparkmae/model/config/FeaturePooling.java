package io.sparkmae.model.config;

import java.util.Locale;

/** The ways to reduce an encoder's tokens to one feature vector, for which nothing is trained. */
public enum FeaturePooling {
  /** The class token. */
  CLS,
  /** The mean of the patch tokens, the class token left out. */
  MEAN;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
