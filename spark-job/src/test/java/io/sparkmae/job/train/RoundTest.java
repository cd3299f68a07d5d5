package io.sparkmae.job.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkmae.job.RunConfig;
import io.sparkmae.model.WarmupCosine;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RoundTest {

  @Test
  void everyImageIsTrainedExactlyOnceInStepsOfOneSize() {
    Random random = new Random(1);
    for (int i = 0; i < 500; i++) {
      RoundPlan plan = randomPlan(random);
      List<Round> rounds = plan.ofEpoch(2);
      for (int worker = 0; worker < plan.workers(); worker++) {
        List<Minibatch> trained = new ArrayList<>();
        for (Round round : rounds) {
          trained.addAll(round.workers().get(worker));
        }
        isWhole(plan, trained);
        assertThat(trained.get(0).from())
            .isEqualTo(worker * plan.images() / plan.workers()); // and so exactly once
        assertThat(trained.get(trained.size() - 1).to())
            .isEqualTo((worker + 1) * plan.images() / plan.workers());
      }
    }
  }

  /** Minibatches that follow each other, one a step; only single images may be one too few. */
  private static void isWhole(RoundPlan plan, List<Minibatch> own) {
    assertThat(own).hasSizeBetween(plan.stepsPerEpoch() - 1, plan.stepsPerEpoch());
    if (own.size() < plan.stepsPerEpoch()) {
      assertThat(plan.batchSize()).isEqualTo(1);
    }
    List<Integer> sizes = own.stream().map(Minibatch::size).sorted().toList();
    assertThat(sizes.get(sizes.size() - 1))
        .isLessThanOrEqualTo(Math.min(plan.batchSize(), sizes.get(0) + 1));
    for (int i = 1; i < own.size(); i++) {
      assertThat(own.get(i).from()).isEqualTo(own.get(i - 1).to());
    }
  }

  @Test
  void aRunThatGoesOnHasTheSameRounds() {
    Random random = new Random(2);
    for (int i = 0; i < 200; i++) {
      RoundPlan plan = randomPlan(random);
      int step = plan.stepsPerEpoch();
      for (Round round : plan.ofEpoch(1)) {
        assertThat(round.firstStep()).isEqualTo(step);
        assertThat(plan.at(step)).isEqualTo(round);
        step = round.lastStep() + 1;
        assertThat(round.steps()).isBetween(1, plan.frequency().at(round.firstStep()));
        assertThat(round.isFull() || step == 2 * plan.stepsPerEpoch()).isTrue();
      }
      assertThat(step).isEqualTo(2 * plan.stepsPerEpoch());
    }
  }

  @Test
  void theLastStepOfAnEpochIsNoSmallerThanOthers() {
    List<Round> rounds = plan(5_000, 2, 64, 16).ofEpoch(0);
    assertThat(rounds).extracting(Round::steps).containsExactly(16, 16, 8);
    assertThat(rounds).extracting(Round::images).containsExactly(2_000L, 2_000L, 1_000L);
    assertThat(plan(5_000, 2, 64, 1).ofEpoch(0)).hasSize(40).allMatch(r -> r.images() <= 126);
  }

  @Test
  void aWorkerIsIdleOnlyWhereAStepHasFewerImagesThanWorkers() {
    List<Round> rounds = plan(10, 3, 1, 2).ofEpoch(0); // 3, 3 and 4 images in 4 steps
    assertThat(rounds).extracting(Round::images).containsExactly(6L, 4L);
    assertThat(rounds).extracting(Round::isFull).containsExactly(true, false);
    assertThat(rounds.get(1).workers()).extracting(List::size).containsExactly(1, 1, 2);
  }

  @Test
  void refusesMoreWorkersThanImages() {
    assertThatThrownBy(() -> plan(3, 4, 8, 3))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "Invalid workers: 4 (must be at most one for each of the 3 images: give fewer --workers)");
  }

  private static RoundPlan randomPlan(Random random) {
    int workers = 1 + random.nextInt(20);
    int images = workers + random.nextInt(1 << random.nextInt(13));
    return plan(images, workers, 1 + random.nextInt(70), 1 + random.nextInt(9));
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
