package io.sparkmae.job.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkmae.data.PreparedData;
import io.sparkmae.job.averaging.exchange.ExchangePrecision;
import io.sparkmae.job.averaging.exchange.StoredState.Vector;
import io.sparkmae.job.benchmark.PretrainBenchmark;
import io.sparkmae.job.config.RunConfig;
import io.sparkmae.job.config.RunConfig.Optimiser;
import io.sparkmae.job.spark.LostBlocks;
import io.sparkmae.job.spark.ScalaLists;
import io.sparkmae.job.store.Metric;
import io.sparkmae.model.MaeGraph;
import io.sparkmae.model.config.Engine;
import io.sparkmae.model.config.Precision;
import io.sparkmae.model.optimiser.AdamW;
import io.sparkmae.model.optimiser.WarmupCosine;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.spark.status.api.v1.StageData;
import org.apache.spark.util.CollectionAccumulator;
import org.apache.spark.util.SerializableConfiguration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Sgd;

/** Training on {@code local[2]} against the same rounds on one machine, 40 drawn images. */
class PretrainingIT extends DrawnImages {

  @Test
  void plainGradientDescentAveragedEveryStepIsOneMachineOnTheJoinedBatch() throws Exception {
    RunConfig run = run(Optimiser.SGD, 2, 5, 1, 2);
    Trained trained = Pretraining.train(spark, run);
    OneMachine machine = new OneMachine(run, new Sgd(schedule(run, 4)));
    for (int epoch = 0; epoch < 2; epoch++) {
      for (Round round : RoundPlan.of(run, ROWS, 2).ofEpoch(epoch)) {
        machine.joined(round);
      }
    }
    assertThat(trained.images()).isEqualTo(2 * ROWS);
    assertThat(difference(trained.graph().params(), machine.graph.params())).isLessThan(1e-6);
    assertThat(difference(trained.graph().params(), initial(run).params())).isGreaterThan(1e-3);
  }

  @Test
  void adamWithAveragedMomentsIsTheSameRoundsOneAfterAnother() throws Exception {
    RunConfig run = run(Optimiser.ADAMW, 2, 4, 2, 2e-2); // 40 images: five steps
    KeptVersions kept = new KeptVersions(directory);
    Trained trained = Pretraining.train(spark, run, null, kept, List.of());
    OneMachine machine = new OneMachine(run, AdamW.of(schedule(run, 5)));
    for (int epoch = 0; epoch < 2; epoch++) {
      for (Round round : RoundPlan.of(run, ROWS, 2).ofEpoch(epoch)) {
        machine.train(round);
      }
    }
    assertThat(difference(trained.graph().params(), machine.graph.params())).isLessThan(1e-6);
    assertThat(difference(kept.last(Vector.MOMENTS), state(machine.graph))).isLessThan(1e-6);
    assertThat(kept.last(Vector.PARAMS)).isEqualTo(trained.graph().params().ravel());
    assertThat(trained.graph().getIterationCount()).isEqualTo(10);
  }

  @Test
  void sparksPageOfARoundShowsItsOwnImages() throws Exception {
    Set<Integer> before = stagesWithImages().keySet();
    Pretraining.train(spark, run(Optimiser.ADAMW, 1, 4, 2, 1e-2)); // five steps of 8 images
    Map<Integer, String> stages = stagesWithImages();
    stages.keySet().removeAll(before);
    assertThat(stages.values()).containsExactly("16", "16", "8");
  }

  /** The accumulator "images" of each stage that has one, by the number of the stage. */
  private static Map<Integer, String> stagesWithImages() {
    Map<Integer, String> images = new TreeMap<>();
    for (StageData stage :
        ScalaLists.toJava(
            spark
                .sparkContext()
                .statusStore()
                .stageList(null, false, false, new double[0], List.of()))) {
      ScalaLists.toJava(stage.accumulatorUpdates().toSeq()).stream()
          .filter(accumulator -> accumulator.name().equals("images"))
          .forEach(accumulator -> images.put(stage.stageId(), accumulator.value()));
    }
    return images;
  }

  @Test
  void workersFollowTheGlobalScheduleOverRoundsAndCalls() throws Exception {
    RunConfig run = run(Optimiser.ADAMW, 2, 4, 2, 1e-2);
    CollectionAccumulator<String> seen = spark.sparkContext().collectionAccumulator("steps");
    Pretraining.train(spark, run, null, Checkpoints.NONE, List.of(new StepObserver(seen)));
    WarmupCosine schedule = schedule(run, 5);
    List<String> expected = new ArrayList<>();
    for (int step = 0; step < 10; step++) {
      String line = StepObserver.line(step, step / 5, schedule.valueAt(step, 0));
      expected.addAll(List.of(line, line)); // two workers
    }
    assertThat(seen.value()).containsExactlyInAnyOrderElementsOf(expected);
  }

  @Test
  void everyImageIsTrainedOnceAnEpochForCountsThatDoNotDivide() throws Exception {
    Trained trained = Pretraining.train(spark, run(Optimiser.ADAMW, 1, 3, 4, 1e-3)); // 7 steps
    assertThat(trained.images()).isEqualTo(ROWS);
    assertThat(trained.metrics()).extracting(metric -> metric.images()).containsExactly(24L, 40L);
    assertThat(trained.loss()).isFinite().isPositive();
  }

  @Test
  void sameSeedGivesTheSameBits() throws Exception {
    RunConfig run = run(Optimiser.ADAMW, 1, 4, 2, 1e-2);
    String once = Pretraining.train(spark, run).graph().paramsSha256();
    assertThat(Pretraining.train(spark, run).graph().paramsSha256()).isEqualTo(once);
  }

  @Test
  void anExplodingLossStopsTheRunAndNamesTheSteps() {
    assertThatThrownBy(() -> Pretraining.train(spark, run(Optimiser.SGD, 2, 5, 2, 1e12)))
        .isInstanceOf(NonFiniteLoss.class)
        .hasMessageMatching("Non-finite loss within steps \\[\\d+, \\d+\\] of epoch 0 .*");
  }

  @Test
  void everyNumberOfWorkersSeesTheSamePictures() throws Exception {
    List<List<String>> seen = new ArrayList<>();
    for (int workers : new int[] {1, 2, 4}) {
      CollectionAccumulator<String> pictures = spark.sparkContext().collectionAccumulator();
      RunConfig run = TinyRun.of(data, workers, Optimiser.SGD, 1, 4, 2, 1e-3);
      Pretraining.train(spark, run, null, Checkpoints.NONE, List.of(new PictureObserver(pictures)));
      seen.add(pictures.value().stream().sorted().toList());
    }
    assertThat(seen.get(0)).hasSize(ROWS).doesNotHaveDuplicates();
    assertThat(seen).containsOnly(seen.get(0));
  }

  @Test
  void theCropsOfAnImageAreDifferentAndAllAreTrained() throws Exception {
    RunConfig run = TinyRun.with(run(Optimiser.ADAMW, 2, 4, 2, 1e-3), 2); // 2 images a batch
    CollectionAccumulator<String> pictures = spark.sparkContext().collectionAccumulator();
    Trained trained =
        Pretraining.train(
            spark, run, null, Checkpoints.NONE, List.of(new PictureObserver(pictures)));
    assertThat(pictures.value()).hasSize(2 * 2 * ROWS).doesNotHaveDuplicates();
    assertThat(trained.images()).isEqualTo(2 * 2 * ROWS);
    assertThat(trained.graph().getIterationCount()).isEqualTo(2 * ROWS / 4);
    assertThat(trained.metrics()).last().extracting(metric -> metric.epoch()).isEqualTo(2.0);
  }

  @Test
  void aRunIsComparedWithItsStepsAlone() throws Exception {
    String output = directory.resolve("compared").toUri().toString();
    PretrainBenchmark.Result result =
        new PretrainBenchmark(spark, TinyRun.of(data, 1), 2).measure(output);
    assertThat(result.workers()).isEqualTo(1);
    assertThat(result.rounds()).isEqualTo(10); // two epochs of ten steps, two a round
    assertThat(result.ratio())
        .isEqualTo(result.imagesPerSecond() / result.stepImagesPerSecond())
        .isPositive();
    assertThat(result.seconds().get("exchanging")).isLessThan(0.5);
    assertThat(
            Metric.read(Files.newInputStream(directory.resolve("compared/v000001/metrics.jsonl"))))
        .hasSize(10);
  }

  @ParameterizedTest
  @EnumSource(names = {"FP32", "INT4"})
  void noBlockIsLeftBehind(ExchangePrecision precision) throws Exception {
    Pretraining.train(spark, TinyRun.with(run(Optimiser.ADAMW, 1, 4, 2, 1e-2), in(precision)));
    for (int tries = 0; LostBlocks.count() > 0 && tries < 100; tries++) {
      Thread.sleep(50); // Spark forgets them soon
    }
    assertThat(LostBlocks.count()).isZero();
  }

  private static WarmupCosine schedule(RunConfig run, int stepsPerEpoch) {
    double peak = run.train().baseLearningRate() * run.train().batchSize() * 2 / 256;
    return new WarmupCosine(peak, 0, 0.5 * stepsPerEpoch, run.train().epochs() * stepsPerEpoch);
  }

  private static INDArray state(MaeGraph graph) {
    return graph.getUpdater().getStateViewArray();
  }

  /**
   * The trainer's rounds without Spark: workers take turns, then their parameters and moments are
   * averaged.
   */
  private static final class OneMachine {

    final MinibatchLoader loader;
    final MaeGraph graph;

    OneMachine(RunConfig run, IUpdater updater) {
      PreparedData prepared = PreparedData.open(data, hadoop);
      loader =
          new MinibatchLoader(
              prepared, Task.masked(run).samples(), run, 2, new SerializableConfiguration(hadoop));
      graph = MaeGraph.create(run.model(), updater, run.train().weightDecay(), run.train().seed());
    }

    /** One step on what two workers have. */
    void joined(Round round) {
      MultiDataSet first = loader.load(round.workers().get(0).get(0));
      MultiDataSet second = loader.load(round.workers().get(1).get(0));
      graph.fit(
          joined(first.getFeatures(), second.getFeatures()),
          joined(first.getLabels(), second.getLabels()),
          null,
          null);
    }

    private static INDArray[] joined(INDArray[] first, INDArray[] second) {
      INDArray[] both = new INDArray[first.length];
      Arrays.setAll(both, i -> Nd4j.concat(0, first[i], second[i]));
      return both;
    }

    void train(Round round) {
      List<MaeGraph> workers = new ArrayList<>();
      for (List<Minibatch> share : round.workers()) {
        MaeGraph worker =
            MaeGraph.of(graph.getConfiguration().clone(), graph.params().dup(), state(graph).dup());
        worker.getConfiguration().setIterationCount(round.firstStep());
        worker.use(Engine.AUTO, Precision.FP32); // other engines round otherwise
        share.forEach(batch -> worker.fit(loader.load(batch)));
        worker.closeEngine();
        workers.add(worker);
      }
      graph.params().assign(mean(workers.get(0).params(), workers.get(1).params()));
      state(graph).assign(mean(state(workers.get(0)), state(workers.get(1))));
    }

    // Rounded as the trainer does: Adam divides by moments that are near zero at first
    private static INDArray mean(INDArray a, INDArray b) {
      return b.sub(a).muli(0.5).addi(a);
    }
  }
}
