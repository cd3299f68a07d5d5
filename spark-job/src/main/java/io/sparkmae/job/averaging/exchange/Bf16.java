package io.sparkmae.job.averaging.exchange;

/**
 * Converts between fp32 and bf16, the upper half of an fp32, with 8 significant bits in place of
 * 24.
 */
final class Bf16 {

  private static final short NAN = 0x7FC0;

  private Bf16() {}

  /** Returns the nearest bf16; ties go to even. */
  static short of(float number) {
    int bits = Float.floatToRawIntBits(number);
    int rounded = (bits + 0x7FFF + ((bits >>> 16) & 1)) >>> 16;
    return Float.isNaN(number) ? NAN : (short) rounded;
  }

  static float toFloat(short bf16) {
    return Float.intBitsToFloat(bf16 << 16);
  }
}
