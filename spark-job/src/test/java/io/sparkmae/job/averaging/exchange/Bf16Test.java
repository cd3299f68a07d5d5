package io.sparkmae.job.averaging.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class Bf16Test {

  @Test
  void everyBf16IsItself() {
    for (int bits = 0; bits < 1 << 16; bits++) {
      float number = Bf16.toFloat((short) bits);
      assertThat(Bf16.toFloat(Bf16.of(number))).isEqualTo(Float.valueOf(number)); // equals: NaN too
    }
  }

  @Test
  void othersGoToTheNearest() {
    Random random = new Random(0);
    for (int i = 0; i < 100_000; i++) {
      float number = (float) Math.scalb(random.nextDouble() - 0.5, random.nextInt(200) - 100);
      double error = Math.abs((double) Bf16.toFloat(Bf16.of(number)) - number);
      assertThat(error).isLessThanOrEqualTo(Math.scalb(1.0, Math.getExponent(number) - 8));
    }
  }

  @Test
  void tiesGoToTheEven() {
    assertThat(Bf16.toFloat(Bf16.of(1 + 0x1p-8f))).isEqualTo(1f);
    assertThat(Bf16.toFloat(Bf16.of(1 + 0x3p-8f))).isEqualTo(1 + 0x4p-8f);
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, -0f})
  void whatIsNoNumberStays(float special) {
    assertThat(Bf16.toFloat(Bf16.of(special))).isEqualTo(Float.valueOf(special));
    assertThat(Bf16.toFloat(Bf16.of(Float.intBitsToFloat(0x7FFFFFFF)))).isNaN();
  }
}
