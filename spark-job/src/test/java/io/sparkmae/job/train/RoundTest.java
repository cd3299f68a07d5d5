package io.sparkmae.job.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.sparkmae.data.EpochPlan;
import io.sparkmae.job.config.RunConfig;
import io.sparkmae.model.optimiser.WarmupCosine;
import java.net.URI;
import java.util.Arrays;
import java.util.List;
import java.util.LongSummaryStatistics;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class RoundTest {

  /** Images, workers, batch size and averaging frequency of many plans. */
  static Stream<Arguments> plans() {
    Random random = new Random(7);
    Stream<Arguments> drawn =
        Stream.generate(
                () -> {
                  int workers = 1 + random.nextInt(40);
                  int images = workers + random.nextInt(3000);
                  return arguments(
                      images, workers, 1 + random.nextInt(100), 1 + random.nextInt(12));
                })
            .limit(300);
    Stream<Arguments> chosen =
        Stream.of(
            arguments(5000, 2, 64, 1),
            arguments(500, 2, 16, 5),
            arguments(4, 4, 8, 3),
            arguments(33, 2, 16, 1),
            arguments(161, 3, 7, 2),
            arguments(10, 3, 1, 4), // batches of 1 that do not divide
            arguments(7, 1, 64, 10),
            arguments(64, 64, 1, Integer.MAX_VALUE));
    return Stream.concat(chosen, drawn);
  }

  @ParameterizedTest
  @MethodSource("plans")
  void everyWorkerTrainsItsRangeInOrder(int images, int workers, int batchSize, int frequency) {
    RoundPlan plan = plan(images, workers, batchSize, frequency);
    long[] place = new long[workers];
    Arrays.setAll(place, worker -> EpochPlan.start(images, worker, workers));
    int step = 2 * plan.stepsPerEpoch();
    for (Round round : plan.ofEpoch(2)) {
      assertThat(round.firstStep()).isEqualTo(step);
      assertThat(round.steps()).isBetween(1, frequency);
      step = round.lastStep() + 1;
      for (int worker = 0; worker < workers; worker++) {
        for (Minibatch batch : round.workers().get(worker)) {
          assertThat(batch.epoch()).isEqualTo(2);
          assertThat(batch.from()).isEqualTo(place[worker]);
          place[worker] = batch.to();
        }
      }
    }
    assertThat(step).isEqualTo(3 * plan.stepsPerEpoch());
    for (int worker = 0; worker < workers; worker++) {
      assertThat(place[worker]).isEqualTo(EpochPlan.start(images, worker + 1, workers));
    }
  }

  @ParameterizedTest
  @MethodSource("plans")
  void stepsAndMinibatchesOfAnEpochDifferByOneImage(
      int images, int workers, int batchSize, int frequency) {
    RoundPlan plan = plan(images, workers, batchSize, frequency);
    LongSummaryStatistics minibatches = new LongSummaryStatistics();
    LongSummaryStatistics steps = new LongSummaryStatistics();
    for (Round round : plan.ofEpoch(0)) {
      assertThat(round.workers()).hasSize(workers);
      for (int i = 0; i < round.steps(); i++) {
        int step = i;
        steps.accept(round.workers().stream().mapToLong(share -> share.get(step).size()).sum());
      }
      round.workers().forEach(share -> share.forEach(batch -> minibatches.accept(batch.size())));
    }
    assertThat(minibatches.getMin()).isPositive();
    assertThat(minibatches.getMax())
        .isLessThanOrEqualTo(1 + minibatches.getMin())
        .isLessThanOrEqualTo(Math.max(2, batchSize));
    assertThat(steps.getMax()).isLessThanOrEqualTo(1 + steps.getMin());
    assertThat(steps.getSum()).isEqualTo(images);
  }

  @ParameterizedTest
  @MethodSource("plans")
  void aWorkersMinibatchesChangeTheirSizeThriceAtMost(int images, int workers, int batchSize) {
    RoundPlan plan = plan(images, workers, batchSize, Integer.MAX_VALUE);
    for (List<Minibatch> share : plan.at(0).workers()) {
      long changes =
          IntStream.range(1, share.size())
              .filter(i -> share.get(i).size() != share.get(i - 1).size())
              .count();
      assertThat(changes).isLessThanOrEqualTo(3);
    }
  }

  @Test
  void noStepOfAnEpochIsSmall() {
    List<Round> rounds = plan(5000, 2, 64, 1).ofEpoch(0);
    assertThat(rounds).hasSize(40).allSatisfy(round -> assertThat(round.images()).isEqualTo(125));
  }

  @Test
  void anEpochsLastRoundIsShorterAndItsBatchesAreNot() {
    List<Round> rounds = plan(500, 2, 16, 5).ofEpoch(0); // 16 steps
    assertThat(rounds).extracting(Round::steps).containsExactly(5, 5, 5, 1);
    assertThat(rounds.get(3).images()).isBetween(31L, 32L);
  }

  @Test
  void aRoundCanBeginWithAnyStep() {
    RoundPlan plan = plan(500, 2, 16, 5);
    List<Minibatch> whole = plan.at(0).workers().get(1);
    assertThat(plan.at(3).workers().get(1).subList(0, 2)).isEqualTo(whole.subList(3, 5));
    assertThat(plan(500, 2, 16, 5).at(3)).isEqualTo(plan.at(3));
  }

  @Test
  void moreWorkersThanImagesAreRefused() {
    assertThatThrownBy(() -> plan(3, 4, 8, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "Invalid train.workers: 4 (must be at most 3, the images of the data; give --workers)");
  }

  private static RoundPlan plan(int images, int workers, int batchSize, int averagingFrequency) {
    AveragingFrequency fixed =
        new AveragingFrequency(averagingFrequency, 0, false, new WarmupCosine(1, 0, 0, 1));
    return new RoundPlan(images, workers, batchSize, 3, fixed);
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
