package io.sparkmae.job.benchmark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.sparkmae.job.benchmark.PretrainBenchmark.RunTimes;
import io.sparkmae.job.store.Metric;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PretrainBenchmarkTest {

  /** Three rounds of 100 images, 10, 5 and 5 s long, and 2 s of a checkpoint before the last. */
  private static final RunTimes TIMES =
      new RunTimes(
          100,
          129,
          List.of(round(100, 113, 10, 8.5), round(200, 118, 5, 4.5), round(300, 125, 5, 4.5)));

  @Test
  void theSecondsOfARunAddUp() {
    Map<String, Double> seconds = TIMES.seconds(25); // images a second: 12 s for all
    assertThat(seconds.values().stream().mapToDouble(s -> s).sum()).isCloseTo(29, within(1e-9));
    assertThat(seconds.get("startBeforeRounds")).isCloseTo(3, within(1e-9));
    assertThat(seconds.get("stepsAsAlone")).isCloseTo(12, within(1e-9));
    assertThat(seconds.get("firstRoundsSteps")).isCloseTo(4, within(1e-9));
    assertThat(seconds.get("slowerSteps")).isCloseTo(1.5, within(1e-9));
    assertThat(seconds.get("waitingForImages")).isCloseTo(0.6, within(1e-9));
    assertThat(seconds.get("exchanging")).isCloseTo(0.3, within(1e-9));
    assertThat(seconds.get("spark")).isCloseTo(1.6, within(1e-9));
    assertThat(seconds.get("checkpointsBetweenRounds")).isCloseTo(2, within(1e-9));
    assertThat(seconds.get("endAfterRounds")).isCloseTo(4, within(1e-9));
  }

  @Test
  void theRateIsFromTheFirstRoundToTheLast() {
    assertThat(TIMES.imagesPerSecond(0)).isCloseTo(300 / 22.0, within(1e-9));
    assertThat(TIMES.imagesPerSecond(1)).isCloseTo(200 / 12.0, within(1e-9));
    RunTimes one = new RunTimes(0, 9, List.of(round(100, 8, 5, 5)));
    assertThat(one.imagesPerSecond(1)).isCloseTo(20, within(1e-9));
  }

  private static Metric round(long images, double end, double seconds, double computing) {
    return new Metric(1, 1, 1, 1, images, 100 / seconds, 0.2, computing, 0.1, 1, end);
  }
}
