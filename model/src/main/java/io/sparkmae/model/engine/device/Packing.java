package io.sparkmae.model.engine.device;

/**
 * Which second operands of the processor's bf16 products are packed before the product, and in how
 * much memory.
 *
 * <p>Each thread of oneDNN's product packs the whole of a plain operand for itself. A choice by
 * shape gives the same bits in every run.
 */
public final class Packing {

  // packing a larger operand costs more than it saves, since it leaves the caches
  private static final long LARGEST = 8 << 20; // bytes

  // oneDNN packs transposed weights slowly: this many rows an input make up for it
  private static final int ROWS = 2;

  private Packing() {}

  /** Returns whether to pack an operand that is not transposed. */
  public static boolean isWorthwhile(Tensor operand) {
    return operand.type() == Type.BF16 && operand.length() * operand.type().bytes() <= LARGEST;
  }

  /** Returns whether to pack the weight for the product of x with its transpose. */
  public static boolean isWorthwhile(Tensor x, Tensor weight) {
    return isWorthwhile(weight) && x.shape()[0] >= ROWS * x.shape()[1];
  }

  /**
   * Returns the length of the memory for a packed operand of {@code bytes}: a power of two, so that
   * operands of many shapes share few pieces.
   */
  public static long memory(long bytes) {
    return Long.highestOneBit(2 * bytes - 1);
  }
}
