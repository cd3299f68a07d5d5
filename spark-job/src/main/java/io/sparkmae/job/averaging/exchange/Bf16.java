package io.sparkmae.job.averaging.exchange;

/** The upper half of an fp32: eight bits of mantissa in place of 24. */
final class Bf16 {

  private static final short NAN = 0x7FC0;

  private Bf16() {}

  /** The nearest, ties to even. */
  static short of(float number) {
    int bits = Float.floatToRawIntBits(number);
    int rounded = (bits + 0x7FFF + ((bits >>> 16) & 1)) >>> 16;
    return Float.isNaN(number) ? NAN : (short) rounded;
  }

  static float toFloat(short bf16) {
    return Float.intBitsToFloat(bf16 << 16);
  }
}
