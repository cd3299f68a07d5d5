package io.sparkmae.job.averaging.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LowBitsTest {

  private static final int ROUNDS = 4000;

  @ParameterizedTest
  @ValueSource(ints = {1, 16, 17, 18, 254, 255, 256, 2040, 100_003, Slices.LENGTH})
  void anyNumberOfNumbersTakesLessThanAnEighthBesidesTheLastBlock(int length) {
    ByteBuffer code = LowBits.encode(drawn(length, 1), length, 0, 0, 0);
    assertThat(code.remaining()).isEqualTo(LowBits.bytes(length));
    assertThat(8L * (code.remaining() - 12)).isLessThan(4L * length);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 17, 255, 700, 5003})
  void aChangeIsOffByASixthOfTheLargestAtMost(int length) {
    float[] numbers = drawn(length, 2);
    float[] decoded = decoded(numbers, 5);
    for (int i = 0; i < length; i++) {
      assertThat(decoded[i]).isCloseTo(numbers[i], within(largest(numbers, i) * 1.008 / 6));
    }
  }

  @Test
  void whatRoundsGiveIsTheChangeItself() {
    conserves(drawn(600, 3));
  }

  /** Five standard deviations at most: a round's is half the distance of two levels at most. */
  private static void conserves(float[] numbers) {
    double[] errors = new double[numbers.length];
    for (int round = 0; round < ROUNDS; round++) {
      float[] decoded = decoded(numbers, round);
      for (int i = 0; i < errors.length; i++) {
        errors[i] += (double) decoded[i] - numbers[i];
      }
    }
    for (int i = 0; i < errors.length; i++) {
      double distance = largest(numbers, i) * 1.008 / 6;
      assertThat(Math.abs(errors[i])).isLessThan(5 * Math.sqrt(ROUNDS) * distance / 2);
    }
  }

  @Test
  void aLevelStaysItself() {
    float[] sixths = new float[13];
    for (int i = 1; i <= 6; i++) {
      sixths[6 + i] = i / 6f;
      sixths[6 - i] = -i / 6f;
    }
    assertThat(decoded(sixths, 1)).containsExactly(sixths, within(1e-7));
    assertThat(decoded(new float[300], 3)).containsOnly(0);
  }

  @Test
  void aSeedMakesTheBytesAndEveryVectorHasItsOwn() {
    float[] numbers = drawn(600, 8);
    ByteBuffer code = LowBits.encode(numbers, 600, 4, 2, 0);
    assertThat(LowBits.encode(numbers, 600, 4, 2, 0)).isEqualTo(code);
    assertThat(LowBits.encode(numbers, 600, 5, 2, 0)).isNotEqualTo(code);
    assertThat(LowBits.encode(numbers, 600, 4, 3, 0)).isNotEqualTo(code);
    assertThat(LowBits.encode(numbers, 600, 4, 2, 1)).isNotEqualTo(code);
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
  void whatIsNoNumberBecomesNone(float special) {
    float[] numbers = new float[255];
    numbers[0] = 1;
    numbers[100] = special;
    assertThat(Float.isFinite(decoded(numbers, 0)[100])).isFalse();
    assertThat(decoded(new float[] {Float.intBitsToFloat(0x7FFFFFFF)}, 0)[0]).isNaN();
  }

  private static float[] decoded(float[] numbers, int round) {
    ByteBuffer code = LowBits.encode(numbers, numbers.length, round, 0, 0);
    float[] decoded = new float[numbers.length];
    LowBits.decode(code, 0, decoded, decoded.length);
    float[] sum = new float[numbers.length];
    LowBits.addTo(sum, code);
    assertThat(sum).isEqualTo(decoded);
    return decoded;
  }

  private static float[] drawn(int length, long seed) {
    Random random = new Random(seed);
    float[] numbers = new float[length];
    for (int i = 0; i < length; i++) {
      numbers[i] = (float) random.nextGaussian();
    }
    return numbers;
  }

  /** Returns the largest magnitude of a number's block. */
  private static double largest(float[] numbers, int i) {
    double largest = 0;
    int from = i / LowBits.BLOCK * LowBits.BLOCK;
    for (int j = from; j < Math.min(from + LowBits.BLOCK, numbers.length); j++) {
      largest = Math.max(largest, Math.abs(numbers[j]));
    }
    return largest;
  }

  private static Offset<Float> within(double offset) {
    return Offset.offset((float) offset);
  }
}
