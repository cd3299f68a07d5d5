package io.sparkmae.job.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkmae.data.PreparedData;
import io.sparkmae.data.prepare.PrepareJob;
import io.sparkmae.data.prepare.PrepareSettings;
import io.sparkmae.job.LocalSpark;
import io.sparkmae.job.averaging.OuterStep;
import io.sparkmae.job.averaging.exchange.BrokenState;
import io.sparkmae.job.averaging.exchange.ExchangePrecision;
import io.sparkmae.job.averaging.exchange.StoredState.Vector;
import io.sparkmae.job.benchmark.PretrainBenchmark;
import io.sparkmae.job.config.RunConfig;
import io.sparkmae.job.config.RunConfig.Optimiser;
import io.sparkmae.job.demo.DemoImages;
import io.sparkmae.job.spark.LostBlocks;
import io.sparkmae.job.spark.ScalaLists;
import io.sparkmae.job.store.Directory;
import io.sparkmae.job.store.Metric;
import io.sparkmae.job.train.Faults.Fault;
import io.sparkmae.job.train.Faults.Kind;
import io.sparkmae.model.EngineGraph;
import io.sparkmae.model.MaeGraph;
import io.sparkmae.model.config.Engine;
import io.sparkmae.model.config.Precision;
import io.sparkmae.model.optimiser.AdamW;
import io.sparkmae.model.optimiser.WarmupCosine;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.status.api.v1.StageData;
import org.apache.spark.util.CollectionAccumulator;
import org.apache.spark.util.SerializableConfiguration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Sgd;

/** Training on {@code local[2]} against the same rounds on one machine, 40 drawn images. */
class PretrainingIT {

  private static final int ROWS = 40;

  @TempDir static Path directory;
  private static SparkSession spark;
  private static Configuration hadoop;
  private static String data;

  @BeforeAll
  static void prepareImages() throws Exception {
    spark = LocalSpark.on("local[2]");
    hadoop = spark.sparkContext().hadoopConfiguration();
    String images = directory.resolve("images").toUri().toString();
    data = directory.resolve("data").toUri().toString();
    DemoImages.render(Directory.at(images, hadoop), ROWS / 8, 1);
    PrepareJob.run(spark, new PrepareSettings(List.of(images), data, "folder", 0, 92, 1));
  }

  @AfterAll
  static void stopSpark() {
    spark.stop();
  }

  private static RunConfig run(
      Optimiser optimiser,
      int epochs,
      int batchSize,
      int averagingFrequency,
      double baseLearningRate) {
    return TinyRun.of(data, 2, optimiser, epochs, batchSize, averagingFrequency, baseLearningRate);
  }

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

  @ParameterizedTest
  @EnumSource(names = {"FP32", "INT4"})
  void aResultThatWasLostIsTrainedAgain(ExchangePrecision precision) throws Exception {
    RunConfig run = TinyRun.with(run(Optimiser.ADAMW, 2, 4, 2, 1e-2), in(precision));
    String undisturbed = Pretraining.train(spark, run).graph().paramsSha256();
    assertThat(withFault(run, Kind.LOSE_RESULT, 6, 1, "workers [0] lost their results").graph())
        .extracting(EngineGraph::paramsSha256)
        .isEqualTo(undisturbed);
  }

  @Test
  void anAverageThatWasLostIsComputedAgainFromTheLastCheckpoint() throws Exception {
    RunConfig run = TinyRun.of(data, 3); // two at a time: the third begins when it is lost
    Trained undisturbed = Pretraining.train(spark, run);
    Trained trained =
        withFault(run, Kind.LOSE_AVERAGE, 4, 0, "the run goes on by itself, going back to step 0");
    assertThat(trained.graph().paramsSha256()).isEqualTo(undisturbed.graph().paramsSha256());
    assertThat(trained.images()).isEqualTo(2 * ROWS);
    assertThat(trained.metrics()).hasSameSizeAs(undisturbed.metrics());
  }

  @ParameterizedTest
  @EnumSource(names = {"FP32", "INT4"})
  void anAverageThatWasLostIsReadAgainFromTheLastCheckpoint(ExchangePrecision precision)
      throws Exception {
    RunConfig run = TinyRun.with(TinyRun.of(data, 3), in(precision)); // every 3 rounds
    KeptVersions kept = new KeptVersions(directory);
    String undisturbed =
        Pretraining.train(spark, run, null, kept, List.of()).graph().paramsSha256();
    int first = kept.points().get(0).state().iteration();
    Trained trained =
        withFault(run, kept, Kind.LOSE_AVERAGE, first, 0, "going back to step " + first);
    assertThat(trained.graph().paramsSha256()).isEqualTo(undisturbed);
  }

  @Test
  void aStateThatWasChangedIsRefusedByItsVersion() throws Exception {
    RunConfig run = TinyRun.with(run(Optimiser.ADAMW, 2, 4, 2, 1e-2), RunConfig.Averaging.PLAIN);
    KeptVersions kept = new KeptVersions(directory);
    Pretraining.train(spark, run, null, kept, List.of());
    ResumePoint point = kept.points().get(0);
    kept.changeAByte(point);
    assertThatThrownBy(() -> Pretraining.train(spark, run, point, Checkpoints.NONE, List.of()))
        .isInstanceOf(BrokenState.class)
        .hasMessageContaining("is not as its manifest says")
        .extracting(e -> ((BrokenState) e).version())
        .isEqualTo(point.version());
  }

  @ParameterizedTest
  @EnumSource
  void momentsOfTheirOwnAndAnOuterStepGoOnFromACheckpointToTheSameBits(ExchangePrecision precision)
      throws Exception {
    RunConfig.Averaging diloco =
        new RunConfig.Averaging(false, 0, true, new OuterStep(0.7, 0.9), precision);
    RunConfig run = TinyRun.with(run(Optimiser.ADAMW, 3, 4, 2, 1e-2), diloco);
    KeptVersions kept = new KeptVersions(directory);
    Trained whole = Pretraining.train(spark, run, null, kept, List.of());
    assertThat(kept.points()).hasSizeGreaterThan(1);
    for (ResumePoint from : kept.points()) {
      Trained resumed = Pretraining.train(spark, run, from, Checkpoints.NONE, List.of());
      assertThat(resumed.graph().paramsSha256()).isEqualTo(whole.graph().paramsSha256());
      assertThat(resumed.images()).isEqualTo(3 * ROWS);
      assertThat(resumed.loss()).isEqualTo(whole.loss());
    }
    Trained plain = Pretraining.train(spark, run(Optimiser.ADAMW, 3, 4, 2, 1e-2));
    assertThat(plain.graph().paramsSha256()).isNotEqualTo(whole.graph().paramsSha256());
  }

  @Test
  void aSingleWorkerGoesOnFromACheckpointAndFromAStopToTheSameBits() throws Exception {
    RunConfig run = TinyRun.with(TinyRun.of(data, 1), RunConfig.Averaging.PLAIN);
    KeptVersions kept = new KeptVersions(directory);
    Trained whole = Pretraining.train(spark, run, null, kept, List.of());
    KeptVersions stopped = new KeptVersions(directory);
    assertThatThrownBy(
            () -> Pretraining.train(spark, run, null, stopped, List.of(new SigtermAt(11))))
        .isInstanceOf(Stopped.class)
        .hasMessageContaining("before step 12");
    List<ResumePoint> points = new ArrayList<>(kept.points());
    points.add(stopped.newest());
    assertThat(points).extracting(point -> point.state().iteration()).contains(6, 12);
    for (ResumePoint from : points) {
      KeptVersions again = new KeptVersions(directory);
      Trained resumed = Pretraining.train(spark, run, from, again, List.of());
      assertThat(resumed.graph().paramsSha256()).isEqualTo(whole.graph().paramsSha256());
      assertThat(again.last(Vector.MOMENTS)).isEqualTo(kept.last(Vector.MOMENTS));
      assertThat(resumed.images()).isEqualTo(2 * ROWS);
      assertThat(resumed.loss()).isEqualTo(whole.loss());
    }
  }

  @ParameterizedTest
  @CsvSource({"BF16, 0.1", "INT4, 1"})
  void roundedChangesAreNearlyTheSameAndGoOnFromACheckpointToTheSameBits(
      ExchangePrecision precision, double share) throws Exception {
    RunConfig plain = run(Optimiser.ADAMW, 3, 4, 2, 1e-2);
    RunConfig run = TinyRun.with(plain, in(precision));
    KeptVersions kept = new KeptVersions(directory);
    Trained whole = Pretraining.train(spark, run, null, kept, List.of());
    for (ResumePoint from : kept.points()) {
      Trained resumed = Pretraining.train(spark, run, from, Checkpoints.NONE, List.of());
      assertThat(resumed.graph().paramsSha256()).isEqualTo(whole.graph().paramsSha256());
    }
    INDArray exact = Pretraining.train(spark, plain).graph().params();
    double moved = difference(exact, initial(run).params());
    assertThat(difference(whole.graph().params(), exact)).isBetween(1e-7, share * moved);
  }

  private static RunConfig.Averaging in(ExchangePrecision precision) {
    return new RunConfig.Averaging(true, 0, false, OuterStep.NONE, precision);
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

  private static Trained withFault(RunConfig run, Kind kind, int step, int worker, String said)
      throws Exception {
    return withFault(run, Checkpoints.NONE, kind, step, worker, said);
  }

  private static Trained withFault(
      RunConfig run, Checkpoints checkpoints, Kind kind, int step, int worker, String said)
      throws Exception {
    Path notes = Files.createTempDirectory(directory, "faults");
    Faults faults = new Faults(notes, List.of(new Fault(kind, step, worker)));
    PrintStream stderr = System.err;
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
    try {
      return Pretraining.train(spark, run, null, checkpoints, List.of(faults));
    } finally {
      System.setErr(stderr);
      assertThat(err.toString(StandardCharsets.UTF_8)).contains(said);
    }
  }

  private static WarmupCosine schedule(RunConfig run, int stepsPerEpoch) {
    double peak = run.train().baseLearningRate() * run.train().batchSize() * 2 / 256;
    return new WarmupCosine(peak, 0, 0.5 * stepsPerEpoch, run.train().epochs() * stepsPerEpoch);
  }

  private static MaeGraph initial(RunConfig run) {
    return MaeGraph.create(run.model(), new Sgd(0.1), 0.05, run.train().seed());
  }

  private static INDArray state(MaeGraph graph) {
    return graph.getUpdater().getStateViewArray();
  }

  private static double difference(INDArray a, INDArray b) {
    return a.sub(b).amaxNumber().doubleValue();
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
