package io.sparkmae.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * How well the joint batch of all workers is mixed, on a manifest like ImageNet's: the share of an
 * image's companions that come from its own row group.
 */
class JointBatchTest {
  private static final int ROW_GROUPS = 4_700;
  private static final int ROWS = 270;
  private static final long SIZE = (long) ROW_GROUPS * ROWS;
  private static final int BATCH_SIZE = 64;
  private static final Manifest MANIFEST =
      EpochPlanTest.manifest((int) SIZE, ROWS, 32L * 1_000_000);

  @ParameterizedTest
  @ValueSource(ints = {1, 4, 16})
  void mixesAsManyWindowsAsThereAreWorkers(int workers) {
    double together = mean(workers, 1);
    double own = mean(workers, workers);
    System.out.printf(
        "%d workers: %.2f %% of one window, %.2f %% of their own ranges%n",
        workers, 100 * together, 100 * own);
    assertThat(own).isBetween(0.9 * together / workers, 1.2 * together / workers);
  }

  /** Over joint batches here and there in an epoch that was planned for so many readers. */
  private static double mean(int workers, int readers) {
    EpochPlan plan = EpochPlan.of(MANIFEST, 1, 0, readers);
    long steps = SIZE / (workers * BATCH_SIZE);
    double sum = 0;
    for (int i = 0; i < 40; i++) {
      long step = steps * i / 40;
      var batch = new ArrayList<RowAddress>();
      for (int reader = 0; reader < readers; reader++) {
        long size = (long) BATCH_SIZE * workers / readers;
        long from = SIZE * reader / readers + step * size;
        batch.addAll(plan.rows(from, from + size));
      }
      sum += neighbours(batch);
    }
    return sum / 40;
  }

  private static double neighbours(List<RowAddress> batch) {
    Map<List<Integer>, Long> counts = new HashMap<>();
    batch.forEach(row -> counts.merge(List.of(row.file(), row.rowGroup()), 1L, Long::sum));
    long pairs = counts.values().stream().mapToLong(count -> count * (count - 1)).sum();
    return (double) pairs / ((long) batch.size() * (batch.size() - 1));
  }
}
