package io.sparkmae.model.file;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;

/** Stored numbers as fp32; both half formats widen exactly. */
enum Widening {
  F32(4),
  F16(2),
  BF16(2);

  private static final int EXPONENT = 0x1f;
  private static final int BIAS = 127 - 15;
  private static final int SHIFT = 23 - 10; // of the fraction
  private static final float SMALLEST = 0x1p-24f; // fp16's

  private final int width;

  Widening(int width) {
    this.width = width;
  }

  /** Returns the bytes of a stored number. */
  int width() {
    return width;
  }

  /** Widens all numbers of {@code from}, little-endian. */
  void widen(ByteBuffer from, FloatBuffer to) {
    switch (this) {
      case F32 -> to.put(from.asFloatBuffer());
      case F16 -> {
        while (from.hasRemaining()) {
          to.put(half(from.getShort()));
        }
      }
      case BF16 -> {
        while (from.hasRemaining()) {
          to.put(Float.intBitsToFloat(from.getShort() << 16));
        }
      }
      default -> throw new AssertionError(this);
    }
  }

  static float half(short bits) {
    int sign = bits & 0x8000;
    int exponent = bits >> 10 & EXPONENT;
    int fraction = bits & 0x3ff;
    if (exponent == 0) { // zero, or subnormal
      return (sign == 0 ? 1f : -1f) * fraction * SMALLEST;
    }
    int wide = exponent == EXPONENT ? 0xff : exponent + BIAS;
    return Float.intBitsToFloat(sign << 16 | wide << 23 | fraction << SHIFT);
  }
}
