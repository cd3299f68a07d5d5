package io.sparkmae.job.benchmark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Tower;
import org.junit.jupiter.api.Test;

class ArithmeticTest {

  private static final MaeConfig BASE = MaeConfig.preset("mae_vit_base_patch16");

  @Test
  void countsWhatIsComputed() {
    MaeConfig small = // 4 patches of 3 numbers, 1 of them kept
        new MaeConfig(2, 1, 3, new Tower(8, 1, 1), new Tower(4, 1, 1), 4, 1e-6, 0.75, false);
    double encoder = 2 * (2 * 64 + 2 * 8 * 32) + 2 * 2 * 64 + 2 * 2 * 2 * 8;
    double decoder = 3 * (2 * 16 + 2 * 4 * 16) + 5 * 2 * 16 + 2 * 3 * 5 * 4;
    double others = 2 * 8 * 4 + 3 * 4 * 3;
    double expected = 6 * (encoder + decoder + others) + 4 * (1 * 3 * 8);
    assertThat(Arithmetic.flops(small, false, false)).isEqualTo(expected);
    assertThat(Arithmetic.flops(small, true, false)).isGreaterThan(expected);

    double cross = 3 * (2 * 16 + 2 * 4 * 16) + 2 * 2 * 16 + 2 * 3 * 2 * 4; // 2 tokens are visible
    assertThat(Arithmetic.flops(small.withCrossDecoder(0), false, false))
        .isEqualTo(6 * (encoder + cross + others) + 4 * (1 * 3 * 8));
  }

  @Test
  void anImageOfVitBaseTakes57BillionOperationsAndOneOfTheFullEncoderTwiceThat() {
    double flops = Arithmetic.flops(BASE, false, false);
    assertThat(flops).isCloseTo(57e9, within(1e9));
    assertThat(Arithmetic.flops(BASE, false, true) / flops).isCloseTo(2.4, within(0.1));
  }
}
