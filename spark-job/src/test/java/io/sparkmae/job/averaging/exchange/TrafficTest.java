package io.sparkmae.job.averaging.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkmae.job.averaging.exchange.Slices.Slice;
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
    Traffic traffic = traffic(workers, ExchangePrecision.FP32);
    long vectors = 4 * (BASE.params() + BASE.moments());
    assertThat(traffic.fetchedBytes()).isEqualTo(2 * vectors * (workers - 1));
    assertThat(traffic.mostIn()).isGreaterThanOrEqualTo(traffic.fetchedBytes() / workers);
    assertThat(traffic.lookups()).isEqualTo(2L * traffic.slices() * (workers - 1));
  }

  @Test
  void oneExecutorMovesNothing() {
    Traffic traffic = Traffic.of(new ExchangePlan(BASE, 8, true), ExchangePrecision.FP32, 1);
    assertThat(traffic.fetchedBytes()).isZero();
    assertThat(traffic.lookups()).isZero();
  }

  @Test
  void resultsInBf16AreHalfAsLongAndAveragesAreNot() {
    long fp32 = traffic(8, ExchangePrecision.FP32).fetchedBytes();
    assertThat((double) traffic(8, ExchangePrecision.BF16).fetchedBytes())
        .isCloseTo(0.75 * fp32, Percentage.withPercentage(0.1));
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 4, 64})
  void inInt4WithMomentsOfTheirOwnAllTakesLessThanAnEighth(int workers) {
    ExchangePlan plan = new ExchangePlan(BASE, workers, false);
    long fp32 = Traffic.of(plan, ExchangePrecision.FP32, workers).fetchedBytes();
    long int4 = Traffic.of(plan, ExchangePrecision.INT4, workers).fetchedBytes();
    assertThat(8.3 * int4).isLessThan(fp32);
    assertThat(25.0 * int4).isLessThan(traffic(workers, ExchangePrecision.FP32).fetchedBytes());
  }

  @Test
  void inInt4AnExecutorKeepsTheWholeOfTheParametersOnce() {
    ExchangePlan plan = new ExchangePlan(new Slices(112_000_000, 0), 64, true);
    long stored = Traffic.of(plan, ExchangePrecision.INT4, 64).mostStored();
    assertThat(stored).isBetween(4 * 112_000_000L, 9L * 112_000_000L);
  }

  @Test
  void withFewerSlicesThanWorkersTheBusiestLinkGrowsWithTheWorkers() {
    assertThat(traffic(40, ExchangePrecision.FP32).mostIn())
        .isLessThan(3L * 4 * (BASE.params() + BASE.moments()));
    assertThat((double) traffic(1000, ExchangePrecision.FP32).mostIn())
        .isGreaterThan(999.0 * 4 * Slices.LENGTH);
  }

  private static Traffic traffic(int workers, ExchangePrecision precision) {
    return Traffic.of(new ExchangePlan(BASE, workers, true), precision, workers);
  }
}
