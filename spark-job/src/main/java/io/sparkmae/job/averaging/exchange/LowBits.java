package io.sparkmae.job.averaging.exchange;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Codes the changes of parameters in less than four bits each: blocks of 255 numbers, each a
 * multiple of a sixth of the block's largest, from -6 to 6.
 *
 * <p>A number becomes one of the two multiples around it, the nearer one more often, so that its
 * expected value is itself: what rounding takes in one round, others give. The choice is a hash of
 * the round, the worker and the number's place, so a repeated task makes the same bytes. Zero stays
 * zero.
 *
 * <p>A block has 122 bytes: its largest magnitude as bf16, and 15 words of 17 numbers each, since
 * 13¹⁷ &lt; 2⁶³. The last block may be shorter.
 */
final class LowBits {

  static final int BLOCK = 255; // numbers

  private static final int LEVELS = 13;
  private static final int ZERO = LEVELS / 2; // the level of zero
  private static final int IN_WORD = 17;
  private static final int BLOCK_BYTES = Short.BYTES + BLOCK / IN_WORD * Long.BYTES;

  private LowBits() {}

  /** Returns the bytes of so many numbers. */
  static int bytes(int numbers) {
    return Short.BYTES * ceil(numbers, BLOCK) + Long.BYTES * ceil(numbers, IN_WORD);
  }

  private static int ceil(int numbers, int part) {
    return (numbers + part - 1) / part;
  }

  /**
   * Returns the code of the first {@code length} numbers.
   *
   * @param round any number of the round
   * @param worker whose numbers they are; -1 for an average
   * @param slice number of the slice
   */
  static ByteBuffer encode(float[] numbers, int length, int round, int worker, int slice) {
    long seed = hash(hash(hash(round) + worker) + slice);
    ByteBuffer bytes = ByteBuffer.allocate(bytes(length)).order(ByteOrder.nativeOrder());
    for (int from = 0; from < length; from += BLOCK) {
      int to = Math.min(from + BLOCK, length);
      short largest = upwards(largest(numbers, from, to));
      bytes.putShort(largest);
      float scale = ZERO / Bf16.toFloat(largest);
      for (int at = from; at < to; at += IN_WORD) {
        bytes.putLong(word(numbers, at, Math.min(at + IN_WORD, to), scale, seed));
      }
    }
    return bytes.flip();
  }

  private static long word(float[] numbers, int from, int to, float scale, long seed) {
    long word = 0;
    for (int i = to - 1; i >= from; i--) {
      float chance = (hash(seed + i) >>> 44) * 0x1p-20f; // of 20 bits: a sum below 7 stays below
      float level = numbers[i] == 0 ? 0 : (float) Math.floor(numbers[i] * scale + chance);
      word = LEVELS * word + Math.max(0, Math.min(LEVELS - 1, ZERO + (int) level));
    }
    return word;
  }

  /** SplitMix64. */
  private static long hash(long number) {
    long hash = number * 0x9E3779B97F4A7C15L;
    hash = (hash ^ (hash >>> 30)) * 0xBF58476D1CE4E5B9L;
    hash = (hash ^ (hash >>> 27)) * 0x94D049BB133111EBL;
    return hash ^ (hash >>> 31);
  }

  private static float largest(float[] numbers, int from, int to) {
    float largest = 0;
    for (int i = from; i < to; i++) {
      largest = Math.max(largest, Math.abs(numbers[i])); // no number, if one is none
    }
    return largest;
  }

  private static short upwards(float number) {
    return Bf16.of(Float.intBitsToFloat((Float.floatToIntBits(number) + 0xFFFF) & 0xFFFF0000));
  }

  /**
   * Decodes numbers [at, at + length).
   *
   * @param at the first of a block
   */
  static void decode(ByteBuffer bytes, int at, float[] into, int length) {
    float[] levels = new float[LEVELS];
    int place = bytes.position() + at / BLOCK * BLOCK_BYTES;
    for (int from = 0; from < length; from += BLOCK) {
      int to = Math.min(from + BLOCK, length);
      float largest = Bf16.toFloat(bytes.getShort(place));
      for (int i = 0; i < LEVELS; i++) {
        levels[i] = (i - ZERO) * largest / ZERO;
      }
      place += Short.BYTES;
      for (int i = from; i < to; i += IN_WORD, place += Long.BYTES) {
        long word = bytes.getLong(place);
        for (int j = i; j < Math.min(i + IN_WORD, to); j++, word /= LEVELS) {
          into[j] = levels[(int) (word % LEVELS)];
        }
      }
    }
  }

  /** Adds the decoded numbers to {@code numbers}. */
  static void addTo(float[] numbers, ByteBuffer bytes) {
    float[] piece = new float[BLOCK];
    for (int at = 0; at < numbers.length; at += BLOCK) {
      int length = Math.min(BLOCK, numbers.length - at);
      decode(bytes, at, piece, length);
      for (int i = 0; i < length; i++) {
        numbers[at + i] += piece[i];
      }
    }
  }
}
