package io.sparkmae.job.averaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkmae.job.LocalSpark;
import io.sparkmae.job.spark.LostBlocks;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.spark.api.TrainingHook;
import org.deeplearning4j.spark.impl.graph.SparkComputationGraph;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.DataSet;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;

/** A single worker in the driver's process, whose result stays in its graph. */
class OneWorkerIT {

  private static final AtomicInteger FAILURES = new AtomicInteger(); // that are still to come
  private static final AtomicReference<AveragingMaster> ASKED = new AtomicReference<>();
  private static final List<Integer> BLOCKS = new ArrayList<>(); // there after each step

  @Test
  void itsResultHasTheBitsOfOneThatIsExchanged() {
    float[] stayed = on("local[1]", OneWorkerIT::threeRoundsAfterWhichNoBlockIsLeft);
    assertThat(BLOCKS).startsWith(2, 2); // the driver's
    assertThat(stayed).isEqualTo(exchanged());
  }

  @Test
  void aRoundThatEndsEarlyLosesNoStep() {
    assertThat(on("local[1]", OneWorkerIT::threeRoundsOfWhichOneEndsEarly)).isEqualTo(exchanged());
  }

  private static float[] exchanged() {
    FAILURES.set(2);
    float[] result = on("local[1,3]", OneWorkerIT::threeRounds);
    assertThat(FAILURES).hasValue(0); // its tasks were repeated
    assertThat(BLOCKS).doesNotContain(0);
    return result;
  }

  private interface Work {

    void on(SparkComputationGraph graph, AveragingMaster master, JavaSparkContext spark);
  }

  private static void threeRounds(
      SparkComputationGraph graph, AveragingMaster master, JavaSparkContext spark) {
    for (int round = 0; round < 3; round++) {
      fit(graph, spark, round);
    }
  }

  private static void threeRoundsAfterWhichNoBlockIsLeft(
      SparkComputationGraph graph, AveragingMaster master, JavaSparkContext spark) {
    threeRounds(graph, master, spark);
    awaitNoBlock();
  }

  private static void awaitNoBlock() {
    long start = System.nanoTime();
    while (LostBlocks.count() > 0) { // Spark removes them beside the rounds
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofMinutes(1));
      LockSupport.parkNanos(10_000_000);
    }
  }

  private static void threeRoundsOfWhichOneEndsEarly(
      SparkComputationGraph graph, AveragingMaster master, JavaSparkContext spark) {
    assertThat(master.canEndEarly(1)).isTrue();
    assertThat(master.canEndEarly(2)).isFalse();
    fit(graph, spark, 0);
    ASKED.set(master);
    fit(graph, spark, 1);
    assertThat(master.report().steps()).isEqualTo(1);
    awaitNoBlock(); // no copy is made
    fit(graph, spark, List.of(SmallNetwork.path(3, 3)));
    fit(graph, spark, 2);
  }

  /** Two minibatches. */
  private static void fit(SparkComputationGraph graph, JavaSparkContext spark, int round) {
    fit(
        graph,
        spark,
        List.of(SmallNetwork.path(2 * round, 4), SmallNetwork.path(2 * round + 1, 3)));
  }

  private static void fit(SparkComputationGraph graph, JavaSparkContext spark, List<String> paths) {
    graph.fitPaths(spark.parallelize(paths, 1), new SmallNetwork.Loader());
  }

  /** Returns parameters and moments. */
  private static float[] on(String sparkMaster, Work work) {
    BLOCKS.clear();
    ComputationGraph network = SmallNetwork.create(new Adam(0.01));
    network.getUpdater();
    try (SparkSession session = LocalSpark.on(sparkMaster)) {
      JavaSparkContext spark = JavaSparkContext.fromSparkContext(session.sparkContext());
      try (AveragingMaster master = new AveragingMaster(spark, network, OuterStep.NONE)) {
        master.addHook(new Hook());
        work.on(new SparkComputationGraph(spark, network, master), master, spark);
        master.fetch();
      }
    }
    INDArray moments = network.getUpdater().getStateViewArray();
    return Nd4j.concat(0, network.params().ravel(), moments.ravel()).toFloatVector();
  }

  /**
   * Counts blocks after each step, and ends the round there if a master asks for it; fails in a
   * round's second step, as often as it is told.
   */
  private static final class Hook implements TrainingHook {

    private static final long serialVersionUID = 1;

    @Override
    public void preUpdate(MultiDataSet minibatch, Model model) {
      boolean second = ((ComputationGraph) model).getIterationCount() % 2 == 1;
      if (second && FAILURES.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
        throw new IllegalStateException("Thrown by a test");
      }
    }

    @Override
    public void postUpdate(MultiDataSet minibatch, Model model) {
      BLOCKS.add(LostBlocks.count());
      AveragingMaster asked = ASKED.getAndSet(null);
      if (asked != null) {
        asked.endEarly();
      }
    }

    @Override
    public void preUpdate(DataSet minibatch, Model model) {}

    @Override
    public void postUpdate(DataSet minibatch, Model model) {}
  }
}
