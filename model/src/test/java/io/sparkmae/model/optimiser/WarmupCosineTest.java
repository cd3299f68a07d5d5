package io.sparkmae.model.optimiser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class WarmupCosineTest {

  private final WarmupCosine schedule = new WarmupCosine(2.4e-3, 1e-5, 40, 800);

  @Test
  void warmsUpLinearlyFromExactlyZero() {
    assertThat(schedule.valueAt(0, 0)).isZero();
    assertThat(schedule.valueAt(10, 0)).isCloseTo(0.6e-3, within(1e-12));
    assertThat(schedule.valueAt(40, 0)).isCloseTo(2.4e-3, within(1e-12));
  }

  @Test
  void followsHalfACosineDownToTheMinimum() {
    assertThat(schedule.valueAt(420, 0)).isCloseTo((2.4e-3 + 1e-5) / 2, within(1e-12));
    assertThat(schedule.valueAt(800, 0)).isCloseTo(1e-5, within(1e-12));
    assertThat(schedule.valueAt(900, 0)).isCloseTo(1e-5, within(1e-12));
  }

  @Test
  void countsIterationsAndNotEpochs() {
    assertThat(schedule.valueAt(100, 0)).isEqualTo(schedule.valueAt(100, 7));
  }

  @Test
  void refusesAScheduleThatNeverRuns() {
    assertThatThrownBy(() -> new WarmupCosine(1e-3, 0, 0, 0))
        .hasMessageContaining("the total must be positive");
  }
}
