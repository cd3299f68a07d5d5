package io.sparkmae.job.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkmae.model.optimiser.WarmupCosine;
import org.junit.jupiter.api.Test;

class AveragingFrequencyTest {

  private static final WarmupCosine SCHEDULE = new WarmupCosine(0.01, 0, 10, 110);

  @Test
  void withoutGrowthItIsTheBase() {
    AveragingFrequency fixed = new AveragingFrequency(4, 0, false, SCHEDULE);
    assertThat(fixed.at(0)).isEqualTo(4);
    assertThat(fixed.at(109)).isEqualTo(4);
  }

  @Test
  void itGrowsWithTheInverseSquareOfTheRate() {
    AveragingFrequency growing = new AveragingFrequency(4, 0.02, false, SCHEDULE);
    assertThat(growing.at(0)).isEqualTo(4); // (0.02 / 0.01)²: warm-up counts as the peak
    assertThat(growing.at(10)).isEqualTo(4);
    assertThat(growing.at(60)).isEqualTo(16); // half way the rate is half the peak
    assertThat(growing.at(110)).isGreaterThan(1_000); // the rate is 0
    assertThat(new AveragingFrequency(32, 0.02, false, SCHEDULE).at(60)).isEqualTo(32);
  }

  @Test
  void warmUpMayAverageEveryStep() {
    AveragingFrequency every = new AveragingFrequency(4, 0, true, SCHEDULE);
    assertThat(every.at(9)).isEqualTo(1);
    assertThat(every.at(10)).isEqualTo(4);
  }

  @Test
  void growthDoesNotChangeHowManyStepsAnEpochHas() {
    for (double growth : new double[] {0, 0.02, 0.1}) {
      AveragingFrequency frequency = new AveragingFrequency(2, growth, true, SCHEDULE);
      RoundPlan plan = new RoundPlan(83, 2, 4, 10, frequency);
      for (int epoch = 0; epoch < 10; epoch++) {
        assertThat(plan.ofEpoch(epoch).stream().mapToLong(Round::images).sum()).isEqualTo(83);
        assertThat(plan.ofEpoch(epoch).stream().mapToInt(Round::steps).sum()).isEqualTo(11);
      }
    }
  }
}
