package io.sparkmae.model.config;

import java.util.Locale;

/** The implementations of a training step. */
public enum Engine {
  /** The fastest that this machine can run. */
  AUTO,
  /** The ND4J graph. */
  GRAPH,
  /** Hand-written steps over oneDNN. */
  ONEDNN,
  /** Hand-written steps on an NVIDIA GPU. */
  CUDA;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
