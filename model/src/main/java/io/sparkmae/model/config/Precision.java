package io.sparkmae.model.config;

import java.util.Locale;

/** The number format of a training step's products. */
public enum Precision {
  FP32,
  /** fp32 in memory; a GPU's products round their operands to 10 bits of mantissa. */
  TF32,
  /** bfloat16 products; weights, moments, softmax statistics, layer norms and loss stay fp32. */
  BF16;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
