package io.sparkmae.job;

import java.util.Locale;

/** The number format of a training step's products. */
public enum Precision {
  FP32,
  /** bfloat16 products over fp32 weights; not in this build yet. */
  BF16;

  /**
   * Refuses what this build cannot run.
   *
   * @throws IllegalArgumentException for {@link #BF16}
   */
  public Precision available() {
    if (this == BF16) {
      throw new IllegalArgumentException(
          "Invalid precision: bf16 (must be fp32; this build has no engine for bf16 yet)");
    }
    return this;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
