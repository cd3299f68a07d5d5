package io.sparkmae.job.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkmae.job.RunConfig;
import io.sparkmae.model.WarmupCosine;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RoundTest {

  @ParameterizedTest
  @CsvSource({
    "500, 2, 16, 5",
    "1, 4, 8, 3",
    "3, 4, 8, 3",
    "17, 2, 4, 2",
    "33, 2, 16, 1",
    "160, 2, 16, 5",
    "161, 3, 7, 2",
    "10, 3, 1, 4",
    "7, 1, 64, 10"
  })
  void everyImageIsTrainedExactlyOnce(
      int images, int workers, int batchSize, int averagingFrequency) {
    RoundPlan plan = plan(images, workers, batchSize, averagingFrequency);
    List<Round> rounds = plan.ofEpoch(2);
    List<Long> trained = new ArrayList<>();
    int step = 2 * plan.stepsPerEpoch();
    for (Round round : rounds) {
      assertThat(round.firstStep()).isEqualTo(step);
      assertThat(round.workers()).hasSizeLessThanOrEqualTo(workers);
      assertThat(round.steps()).isBetween(1, averagingFrequency);
      step = round.lastStep() + 1;
      for (List<Minibatch> share : round.workers()) {
        assertThat(share).isNotEmpty();
        share.forEach(batch -> assertThat(batch.size()).isBetween(1, round.batchSize()));
        share
            .subList(0, share.size() - 1)
            .forEach(b -> assertThat(b.size()).isEqualTo(round.batchSize()));
        share.forEach(batch -> addRows(trained, batch));
      }
    }
    assertThat(trained).hasSize(images).doesNotHaveDuplicates();
    assertThat(rounds.stream().mapToLong(Round::images).sum()).isEqualTo(images);
  }

  private static RoundPlan plan(int images, int workers, int batchSize, int averagingFrequency) {
    AveragingFrequency fixed =
        new AveragingFrequency(averagingFrequency, 0, false, new WarmupCosine(1, 0, 0, 1));
    return new RoundPlan(images, workers, batchSize, 3, fixed);
  }

  private static void addRows(List<Long> rows, Minibatch batch) {
    for (long row = batch.from(); row < batch.to(); row++) {
      rows.add(row);
    }
  }

  @ParameterizedTest
  @CsvSource({"500, 2, 16, 5", "17, 2, 4, 2", "161, 3, 7, 2", "10, 3, 1, 4"})
  void sharesOfARoundDifferByOneImageAtMost(
      int images, int workers, int batchSize, int averagingFrequency) {
    for (Round round : plan(images, workers, batchSize, averagingFrequency).ofEpoch(0)) {
      List<Integer> shares =
          round.workers().stream()
              .map(share -> share.stream().mapToInt(Minibatch::size).sum())
              .toList();
      assertThat(shares.stream().mapToInt(i -> i).max().getAsInt())
          .isLessThanOrEqualTo(1 + shares.stream().mapToInt(i -> i).min().getAsInt());
    }
  }

  @Test
  void cropsOfAnImageShareABatchAndLeaveTheRate() {
    RunConfig run = TinyRun.of("file:/data", 2); // batches of 4
    RoundPlan plan = RoundPlan.of(TinyRun.with(run, 4), 40, 2);
    assertThat(plan.batchSize()).isEqualTo(1);
    assertThat(plan.stepsPerEpoch()).isEqualTo(20);
    assertThat(plan.schedule().peak()).isEqualTo(RoundPlan.of(run, 40, 2).schedule().peak());
  }

  @Test
  void aMinibatchTravelsAsAPath() {
    Minibatch batch = new Minibatch(3, 64, 128);
    String path = batch.path(URI.create("hdfs://namenode:8020"));
    assertThat(path).isEqualTo("hdfs://namenode:8020/#epoch=3&from=64&to=128");
    assertThat(Minibatch.ofPath(path)).isEqualTo(batch);
    assertThat(batch.path(URI.create("file:///"))).isEqualTo("file:/#epoch=3&from=64&to=128");
  }
}
