package io.sparkmae.job.averaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.sparkmae.data.image.BadData;
import io.sparkmae.job.LocalSpark;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.util.CollectionAccumulator;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.spark.api.RDDTrainingApproach;
import org.deeplearning4j.spark.api.Repartition;
import org.deeplearning4j.spark.api.TrainingHook;
import org.deeplearning4j.spark.api.TrainingMaster;
import org.deeplearning4j.spark.impl.graph.SparkComputationGraph;
import org.deeplearning4j.spark.impl.paramavg.ParameterAveragingTrainingMaster;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.DataSet;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.Sgd;

/**
 * Faults of DL4J's own master that ours must not have, each shown on both with one network.
 *
 * <p>The letters are those of docs/decisions/0009.
 */
class StockMasterIT {

  private static JavaSparkContext spark;

  @BeforeAll
  static void start() {
    spark = JavaSparkContext.fromSparkContext(LocalSpark.on("local[2]").sparkContext());
  }

  @AfterAll
  static void stop() {
    spark.stop();
  }

  @Test
  void b1_workersCountIterationsAndEpochsOfTheRun() {
    assertThat(iterations(true)).containsExactly("0/0", "0/0", "0/0", "0/0"); // every round anew
    assertThat(iterations(false)).containsExactly("0/0", "0/0", "1/1", "1/1");
  }

  private static List<String> iterations(boolean stock) {
    CollectionAccumulator<String> seen = spark.sc().collectionAccumulator();
    ComputationGraph network = SmallNetwork.create(new Sgd(0.1));
    SparkComputationGraph graph = graph(network, stock, 1, new Noted(seen, Noted.PLACE));
    for (int round = 0; round < 2; round++) {
      graph.fitPaths(paths(List.of(4), List.of(4)), new SmallNetwork.Loader());
    }
    return seen.value().stream().sorted().toList();
  }

  @Test
  void b2_momentsAreAveragedUnlessToldOtherwise() {
    assertThat(maxMoment(true)).isZero();
    assertThat(maxMoment(false)).isPositive();
  }

  private static double maxMoment(boolean stock) {
    ComputationGraph network = SmallNetwork.create(new Adam(0.01));
    network.getUpdater(); // a network without one has no moments to take over
    SparkComputationGraph graph = graph(network, stock, 1, null);
    graph.fitPaths(paths(List.of(4), List.of(4)), new SmallNetwork.Loader());
    if (!stock) {
      master.fetch();
    }
    return network.getUpdater().getStateViewArray().amaxNumber().doubleValue();
  }

  @Test
  void b4_aRoundWithoutMinibatchesIsRefusedInASentence() {
    assertThatThrownBy(() -> fit(true, List.of(), List.of()))
        .isInstanceOf(NullPointerException.class);
    assertThatThrownBy(() -> fit(false, List.of(), List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("Nothing to train: the round has no minibatches");
  }

  @Test
  void b5_everyMinibatchOfARoundIsTrained() {
    List<Integer> three = List.of(4, 4, 4);
    assertThat(trained(true, three, three)).hasSize(4); // two a worker: the averaging frequency
    assertThat(trained(false, three, three)).hasSize(6).doesNotHaveDuplicates();
  }

  @Test
  void b6_theAverageIsWeighedByExamples() {
    INDArray ours = fit(false, List.of(3), List.of(1));
    INDArray stock = fit(true, List.of(3), List.of(1));
    INDArray first = alone(0, 3);
    INDArray second = alone(1, 1);
    assertThat(difference(stock, first.add(second).div(2))).isLessThan(1e-6);
    assertThat(difference(ours, first.mul(0.75).add(second.mul(0.25)))).isLessThan(1e-6);
    assertThat(difference(ours, stock)).isGreaterThan(1e-4);
  }

  @Test
  void b7_theRunCountsTheStepsThatWereTaken() {
    assertThat(iterationAfterAShortRound(true)).isEqualTo(2); // the averaging frequency
    assertThat(iterationAfterAShortRound(false)).isEqualTo(1);
  }

  private static int iterationAfterAShortRound(boolean stock) {
    ComputationGraph network = SmallNetwork.create(new Sgd(0.1));
    SparkComputationGraph graph = graph(network, stock, 2, null);
    graph.fitPaths(paths(List.of(4), List.of(4)), new SmallNetwork.Loader());
    return network.getConfiguration().getIterationCount();
  }

  @Test
  void b11_aLoadersErrorEndsTheRoundWithinSeconds() throws Exception {
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try {
      Future<?> ours = thread.submit(() -> fitBad(false));
      assertThatThrownBy(() -> ours.get(30, TimeUnit.SECONDS))
          .isInstanceOf(ExecutionException.class)
          .hasRootCauseInstanceOf(BadData.class)
          .hasRootCauseMessage("Cannot read file:///shard: cut off");
      Future<?> stock =
          thread.submit(
              () -> {
                spark.setJobGroup("stock", "hangs", true);
                fitBad(true);
              });
      assertThatThrownBy(() -> stock.get(8, TimeUnit.SECONDS))
          .isInstanceOf(TimeoutException.class); // it waits for ever
      spark.cancelJobGroup("stock");
    } finally {
      thread.shutdownNow();
    }
  }

  private static void fitBad(boolean stock) {
    List<String> shares =
        List.of(
            SmallNetwork.path(0, 4) + "\n" + SmallNetwork.badPath(),
            SmallNetwork.path(1, 4) + "\n" + SmallNetwork.path(2, 4));
    graph(SmallNetwork.create(new Sgd(0.1)), stock, 2, null)
        .fitPaths(
            spark.parallelize(shares, 2).flatMap(share -> share.lines().iterator()),
            new SmallNetwork.Loader());
  }

  @Test
  void b18_theLossIsOfAllMinibatches() {
    List<Integer> two = List.of(4, 4);
    fit(false, two, two);
    RoundReport report = master.report();
    assertThat(report.images()).isEqualTo(16);
    double mean =
        IntStream.range(0, 2)
            .mapToDouble(worker -> lossOfTwoSteps(2 * worker, 2 * worker + 1))
            .average()
            .orElseThrow();
    assertThat(report.lossSum() / report.images()).isCloseTo(mean, within(1e-6));
  }

  private static double lossOfTwoSteps(int first, int second) {
    ComputationGraph network = SmallNetwork.create(new Sgd(0.1));
    double loss = 0;
    for (int number : new int[] {first, second}) {
      network.fit(load(number, 4));
      loss += network.score() / 2;
    }
    return loss;
  }

  private static AveragingMaster master;

  private static SparkComputationGraph graph(
      ComputationGraph network, boolean stock, int averagingFrequency, TrainingHook hook) {
    master = null;
    TrainingMaster<?, ?> used;
    if (stock) {
      used =
          new ParameterAveragingTrainingMaster.Builder(2, 1)
              .batchSizePerWorker(4)
              .averagingFrequency(averagingFrequency)
              .workerPrefetchNumBatches(2)
              .repartionData(Repartition.Never)
              .rddTrainingApproach(RDDTrainingApproach.Direct)
              .build();
    } else {
      master = new AveragingMaster(spark, network, OuterStep.NONE);
      used = master;
    }
    if (hook != null) {
      used.addHook(hook);
    }
    return new SparkComputationGraph(spark, network, used);
  }

  private static INDArray fit(boolean stock, List<Integer> first, List<Integer> second) {
    ComputationGraph network = SmallNetwork.create(new Sgd(0.1));
    graph(network, stock, 2, null).fitPaths(paths(first, second), new SmallNetwork.Loader());
    if (!stock) {
      master.fetch();
    }
    return network.params();
  }

  private static List<String> trained(boolean stock, List<Integer> first, List<Integer> second) {
    CollectionAccumulator<String> seen = spark.sc().collectionAccumulator();
    ComputationGraph network = SmallNetwork.create(new Sgd(0.1));
    graph(network, stock, 2, new Noted(seen, Noted.FIRST_NUMBER))
        .fitPaths(paths(first, second), new SmallNetwork.Loader());
    return new ArrayList<>(seen.value());
  }

  private static INDArray alone(int number, int size) {
    ComputationGraph network = SmallNetwork.create(new Sgd(0.1));
    network.fit(load(number, size));
    return network.params();
  }

  private static MultiDataSet load(int number, int size) {
    try {
      return new SmallNetwork.Loader().load(new PathSource(SmallNetwork.path(number, size)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Two workers' minibatches, by their sizes; numbered through. */
  private static JavaRDD<String> paths(List<Integer> first, List<Integer> second) {
    List<String> shares = new ArrayList<>();
    int number = 0;
    for (List<Integer> sizes : List.of(first, second)) {
      List<String> share = new ArrayList<>();
      for (int size : sizes) {
        share.add(SmallNetwork.path(number++, size));
      }
      shares.add(String.join("\n", share));
    }
    return spark.parallelize(shares, 2).flatMap(share -> share.lines().iterator());
  }

  private static double difference(INDArray a, INDArray b) {
    return a.sub(b).amaxNumber().doubleValue();
  }

  /** Notes something of every step. */
  private static final class Noted implements TrainingHook {

    private static final long serialVersionUID = 1;

    static final int PLACE = 0;
    static final int FIRST_NUMBER = 1;

    private final CollectionAccumulator<String> seen;
    private final int what;

    Noted(CollectionAccumulator<String> seen, int what) {
      this.seen = seen;
      this.what = what;
    }

    @Override
    public void preUpdate(MultiDataSet minibatch, Model model) {
      ComputationGraph graph = (ComputationGraph) model;
      seen.add(
          what == PLACE
              ? graph.getIterationCount() + "/" + graph.getEpochCount()
              : "" + minibatch.getFeatures(0).getDouble(0));
    }

    @Override
    public void postUpdate(MultiDataSet minibatch, Model model) {}

    @Override
    public void preUpdate(DataSet minibatch, Model model) {}

    @Override
    public void postUpdate(DataSet minibatch, Model model) {}
  }
}
