package io.sparkmae.job.averaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class OuterStepTest {

  @Test
  void rateOneWithoutMomentumIsTheAverage() {
    float[] average = {3, -1};
    new OuterStep(1, 0).apply(new float[] {1, 1}, average, new float[2], 2);
    assertThat(average).containsExactly(3, -1);
  }

  @Test
  void twoStepsAreNesterovsByHand() {
    OuterStep outer = new OuterStep(0.5, 0.5);
    float[] momentum = {0};
    float[] first = {3}; // Δ = 2: u = 2, step 0.5 · (2 + 0.5 · 2) = 1.5
    outer.apply(new float[] {1}, first, momentum, 1);
    assertThat(first).containsExactly(2.5f);
    assertThat(momentum).containsExactly(2);
    float[] second = {3.5f}; // Δ = 1: u = 0.5 · 2 + 1 = 2, step 0.5 · (1 + 0.5 · 2) = 1
    outer.apply(first, second, momentum, 1);
    assertThat(second).containsExactly(3.5f);
    assertThat(momentum).containsExactly(2);
  }

  @Test
  void impossibleSettingsAreRefused() {
    assertThatThrownBy(() -> new OuterStep(0, 0))
        .hasMessage("Invalid averaging.outer-rate: 0.0 (must be positive)");
    assertThatThrownBy(() -> new OuterStep(1, 1))
        .hasMessage("Invalid averaging.outer-momentum: 1.0 (must be in [0, 1))");
  }
}
