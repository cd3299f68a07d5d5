package io.sparkmae.job.averaging.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkmae.job.averaging.exchange.Slices.Slice;
import io.sparkmae.model.config.Precision;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TrafficTest {

  private static final Slices BASE = new Slices(112_000_000, 224_000_000);

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 7, 81, 82, 1000})
  void everySliceIsAveragedOnce(int workers) {
    ExchangePlan plan = new ExchangePlan(BASE, workers, true);
    List<Slice> all = new ArrayList<>();
    for (int task = 0; task < plan.tasks(); task++) {
      assertThat(plan.slicesOf(task)).isNotEmpty();
      all.addAll(plan.slicesOf(task));
    }
    assertThat(all).isEqualTo(plan.averaged());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 8, 100, 1000})
  void whatComesInGoesOutAndEveryWorkerFetchesAndSendsOnce(int workers) {
    Traffic traffic = traffic(workers, Precision.FP32);
    long vectors = 4 * (BASE.params() + BASE.moments());
    assertThat(traffic.fetchedBytes()).isEqualTo(2 * vectors * (workers - 1));
    assertThat(traffic.mostIn()).isGreaterThanOrEqualTo(traffic.fetchedBytes() / workers);
    assertThat(traffic.lookups()).isEqualTo(2L * traffic.slices() * (workers - 1));
  }

  @Test
  void oneExecutorMovesNothing() {
    Traffic traffic = Traffic.of(new ExchangePlan(BASE, 8, true), Precision.FP32, 1);
    assertThat(traffic.fetchedBytes()).isZero();
    assertThat(traffic.lookups()).isZero();
  }

  @Test
  void resultsInBf16AreHalfAsLongAndAveragesAreNot() {
    long fp32 = traffic(8, Precision.FP32).fetchedBytes();
    assertThat((double) traffic(8, Precision.BF16).fetchedBytes())
        .isCloseTo(0.75 * fp32, Percentage.withPercentage(0.1));
  }

  @Test
  void withFewerSlicesThanWorkersTheBusiestLinkGrowsWithTheWorkers() {
    assertThat(traffic(40, Precision.FP32).mostIn())
        .isLessThan(3L * 4 * (BASE.params() + BASE.moments()));
    assertThat((double) traffic(1000, Precision.FP32).mostIn())
        .isGreaterThan(999.0 * 4 * Slices.LENGTH);
  }

  private static Traffic traffic(int workers, Precision precision) {
    return Traffic.of(new ExchangePlan(BASE, workers, true), precision, workers);
  }
}
