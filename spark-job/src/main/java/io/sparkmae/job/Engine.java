package io.sparkmae.job;

import java.util.Locale;

/** What computes a training step. */
public enum Engine {
  /** The fastest engine that this build has for the executors. */
  AUTO,
  /** The ND4J graph. */
  GRAPH,
  /** Hand-written steps over oneDNN; not in this build yet. */
  ONEDNN;

  /**
   * Refuses what this build cannot run.
   *
   * @throws IllegalArgumentException for {@link #ONEDNN}
   */
  public Engine available() {
    if (this == ONEDNN) {
      throw new IllegalArgumentException(
          "Invalid engine: onednn (must be auto or graph; this build has no oneDNN engine yet)");
    }
    return this;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
