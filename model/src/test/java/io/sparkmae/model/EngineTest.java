package io.sparkmae.model;

import static java.util.Collections.synchronizedList;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sparkmae.model.config.Engine;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Precision;
import io.sparkmae.model.config.Tower;
import io.sparkmae.model.engine.Engines;
import io.sparkmae.model.optimiser.AdamW;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.ops.transforms.Transforms;
import org.nd4j.linalg.schedule.FixedSchedule;

/** The engine beside the graph, and as a thing that trains. */
class EngineTest {

  static final MaeConfig TINY =
      new MaeConfig(32, 8, 3, new Tower(48, 2, 3), new Tower(32, 2, 4), 4, 1e-6, 0.75, false);

  private static final List<MaeGraph> USED = synchronizedList(new ArrayList<>());

  /** Whether this machine can run it. */
  static boolean runs(Engine engine, Precision precision) {
    boolean plain = precision == Precision.FP32;
    return engine == Engine.CUDA
        ? Engines.obstacleToCuda().isEmpty() && (plain || Engines.cudaHasBf16(0))
        : plain || Engines.hasBf16();
  }

  static MaeGraph graph(MaeConfig config, IUpdater updater, Engine engine, Precision precision) {
    return using(MaeGraph.create(config, updater, 0.05, 1), engine, precision);
  }

  private static MaeGraph using(MaeGraph graph, Engine engine, Precision precision) {
    graph.use(engine, precision);
    USED.add(graph);
    return graph;
  }

  /** An engine on a GPU must not outlive its graph's arrays. */
  @AfterEach
  void closeEngines() {
    USED.forEach(MaeGraph::closeEngine);
    USED.clear();
  }

  static AdamW adamW() {
    return AdamW.of(new FixedSchedule(1e-3));
  }

  /** Noise on top of a gradient of grey, so that there is something to learn. */
  static MultiDataSet batch(MaeConfig config, int size, long seed) {
    byte[] patches = new byte[size * config.tokens() * config.patchLength()];
    Random random = new Random(seed);
    int length = config.patchLength();
    for (int i = 0; i < patches.length; i++) {
      int token = i / length % config.tokens();
      patches[i] = (byte) (40 + 150 * token / config.tokens() + random.nextInt(40));
    }
    return MaeBatch.of(config, patches, LongStream.range(seed, seed + size).toArray());
  }

  @ParameterizedTest
  @EnumSource(names = {"ONEDNN", "CUDA"})
  void stepsOfBothEnginesAgree(Engine engine) {
    assumeTrue(runs(engine, Precision.FP32));
    for (IUpdater updater : List.of(adamW(), Sgd.builder().learningRate(0.1).build())) {
      MaeGraph slow = graph(TINY, updater, Engine.GRAPH, Precision.FP32);
      MaeGraph fast = graph(TINY, updater, engine, Precision.FP32);
      for (int step = 0; step < 5; step++) {
        MultiDataSet batch = batch(TINY, step == 3 ? 2 : 4, step); // another size replans
        slow.fit(batch);
        fast.fit(batch);
        assertThat(fast.score()).isCloseTo(slow.score(), within(1e-4));
      }
      assertThat(distance(fast.params(), slow.params())).isLessThan(1e-4);
      assertThat(fast.getIterationCount()).isEqualTo(slow.getIterationCount()).isEqualTo(5);
    }
  }

  @Test
  void measuringOperationsChangesNoBits() {
    MaeGraph plain = graph(TINY, adamW(), Engine.ONEDNN, Precision.FP32);
    MaeGraph measured = graph(TINY, adamW(), Engine.ONEDNN, Precision.FP32);
    measured.engine().measureOperations();
    long start = System.nanoTime();
    measured.fit(batch(TINY, 4, 1));
    long nanoseconds = System.nanoTime() - start;
    plain.fit(batch(TINY, 4, 1));
    assertThat(measured.params()).isEqualTo(plain.params());
    assertThat(plain.engine().operations()).isEmpty();
    assertThat(measured.engine().operations())
        .containsKeys("linear", "linearWeightGradient", "attentionGradient", "adamW")
        .doesNotContainKey("openPlan")
        .allSatisfy((operation, time) -> assertThat(time).isPositive());
    assertThat(measured.engine().operations().values().stream().mapToLong(time -> time).sum())
        .isLessThan(nanoseconds);
  }

  @ParameterizedTest
  @EnumSource(names = {"ONEDNN", "CUDA"})
  void lossesOfBothEnginesAgreeForEveryBatchSize(Engine engine) {
    assumeTrue(runs(engine, Precision.FP32));
    IUpdater still = Sgd.builder().learningRate(0).build();
    MaeGraph slow = graph(TINY, still, Engine.GRAPH, Precision.FP32);
    MaeGraph fast = graph(TINY, still, engine, Precision.FP32);
    for (int size = 1; size <= 52; size++) {
      MultiDataSet batch = batch(TINY, size, 1);
      fast.fit(batch);
      assertThat(fast.score()).as(size + " images").isCloseTo(slow.score(batch), within(1e-5));
    }
  }

  private static double distance(INDArray a, INDArray b) {
    return a.sub(b).norm2Number().doubleValue() / b.norm2Number().doubleValue();
  }

  @ParameterizedTest
  @EnumSource(names = {"ONEDNN", "CUDA"})
  void momentsAndCountersSurviveAChangeOfEngine(Engine engine) throws Exception {
    assumeTrue(runs(engine, Precision.FP32));
    MaeGraph through = graph(TINY, adamW(), engine, Precision.FP32);
    MaeGraph changed = graph(TINY, adamW(), engine, Precision.FP32);
    for (int step = 0; step < 3; step++) {
      through.fit(batch(TINY, 4, step));
      changed.fit(batch(TINY, 4, step));
    }
    var file = new java.io.ByteArrayOutputStream();
    Dl4jZip.write(changed, file);
    var saved = new java.io.ByteArrayInputStream(file.toByteArray());
    MaeGraph restored = using(Dl4jZip.read(saved), engine, Precision.FP32);
    through.fit(batch(TINY, 4, 3));
    restored.fit(batch(TINY, 4, 3));
    assertThat(restored.paramsSha256()).isEqualTo(through.paramsSha256());
    changed.closeEngine();
    changed.fit(batch(TINY, 4, 3)); // by the graph
    assertThat(distance(changed.params(), through.params())).isLessThan(1e-4);
  }

  @ParameterizedTest
  @EnumSource(names = {"ONEDNN", "CUDA"})
  void anExpectedBatchIsFetchedBesideTheStepBeforeItAndOneThatNeverComesDoesNoHarm(Engine engine) {
    assumeTrue(runs(engine, Precision.FP32));
    MaeGraph plain = graph(TINY, adamW(), engine, Precision.FP32);
    MaeGraph expecting = graph(TINY, adamW(), engine, Precision.FP32);
    MultiDataSet current = batch(TINY, 4, 0);
    for (int step = 0; step < 6; step++) {
      MultiDataSet next = batch(TINY, 4, step + 1);
      expecting.expect(next);
      expecting.fit(current);
      plain.fit(batch(TINY, 4, step));
      assertThat(expecting.score()).isEqualTo(plain.score());
      next.getLabels(0).assign(0); // too late
      current = next;
    }
    expecting.fit(batch(TINY, 4, 7));
    plain.fit(batch(TINY, 4, 7));
    assertThat(expecting.paramsSha256()).isEqualTo(plain.paramsSha256());
  }

  @ParameterizedTest
  @CsvSource({"ONEDNN, FP32", "ONEDNN, BF16", "CUDA, FP32", "CUDA, BF16"})
  void theSameSeedGivesTheSameBitsAlsoInTwoThreads(Engine engine, Precision precision)
      throws Exception {
    assumeTrue(runs(engine, precision));
    Callable<String> run =
        () -> {
          MaeGraph graph = graph(TINY, adamW(), engine, precision);
          for (int step = 0; step < 50; step++) {
            graph.fit(batch(TINY, 4, step));
          }
          return graph.paramsSha256();
        };
    var threads = Executors.newFixedThreadPool(2);
    try {
      var both = threads.invokeAll(List.of(run, run));
      String alone = run.call();
      assertThat(both.get(0).get()).isEqualTo(alone);
      assertThat(both.get(1).get()).isEqualTo(alone);
    } finally {
      threads.shutdown();
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"ONEDNN", "CUDA"})
  void twoHundredStepsInBf16FollowFp32(Engine engine) {
    assumeTrue(runs(engine, Precision.BF16));
    MaeGraph exact = graph(TINY, adamW(), engine, Precision.FP32);
    MaeGraph rounded = graph(TINY, adamW(), engine, Precision.BF16);
    for (int step = 0; step < 200; step++) {
      MultiDataSet batch = batch(TINY, 4, step);
      exact.fit(batch);
      rounded.fit(batch);
      assertThat(rounded.score())
          .as("step " + step)
          .isCloseTo(exact.score(), withinShare(0.02, exact));
    }
    assertThat(exact.score()).isLessThan(0.2);
  }

  private static org.assertj.core.data.Offset<Double> withinShare(double share, MaeGraph of) {
    return within(share * of.score());
  }

  @ParameterizedTest
  @EnumSource(names = {"ONEDNN", "CUDA"})
  void theFullEncodersGradientIsTheSlopeOfItsLoss(Engine engine) {
    assumeTrue(runs(engine, Precision.FP32));
    MaeGraph graph = graph(TINY, adamW(), engine, Precision.FP32);
    graph.engine().useFullEncoder();
    MultiDataSet batch = batch(TINY, 4, 0);
    requireSlope(graph, batch);
    graph.closeEngine();
  }

  /** The gradient is the slope of the loss along itself, and the loss is less a step down it. */
  static void requireSlope(EngineGraph graph, MultiDataSet batch) {
    double loss = graph.lossAndGradients(batch);
    INDArray gradient = graph.getGradientsViewArray().dup();
    double norm = gradient.norm2Number().doubleValue();
    INDArray step = gradient.reshape(graph.params().shape()).mul(1e-2 / norm);
    graph.params().addi(step);
    double above = graph.lossAndGradients(batch);
    graph.params().subi(step).subi(step);
    double below = graph.lossAndGradients(batch);
    assertThat((above - below) / 2e-2).isCloseTo(norm, withinPercentage(2));
    assertThat(below).isLessThan(loss);
  }

  @ParameterizedTest
  @EnumSource(names = {"ONEDNN", "CUDA"})
  void featuresOfBothEnginesAgree(Engine engine) {
    assumeTrue(runs(engine, Precision.FP32));
    MaeGraph graph = graph(TINY, adamW(), Engine.GRAPH, Precision.FP32);
    byte[] patches = new byte[3 * TINY.tokens() * TINY.patchLength()];
    new Random(5).nextBytes(patches);
    var weights = MaeWeights.encoder(graph);
    try (MaeEncoder slow = MaeEncoder.of(TINY, weights, Engine.GRAPH);
        MaeEncoder fast = MaeEncoder.of(TINY, weights, engine)) {
      INDArray difference = slow.encode(patches, 3).sub(fast.encode(patches, 3));
      assertThat(Transforms.abs(difference).maxNumber().doubleValue()).isLessThan(1e-5);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"GRAPH", "ONEDNN", "CUDA"})
  void aClippedGradientKeepsItsDirection(Engine engine) {
    assumeTrue(runs(engine, Precision.FP32));
    IUpdater sgd = Sgd.builder().learningRate(1).build();
    MultiDataSet batch = batch(TINY, 4, 0);
    MaeGraph free = MaeGraph.create(TINY, sgd, 0, 1);
    MaeGraph clipped = MaeGraph.create(TINY, sgd, 0, 1);
    using(clipped, engine, Precision.FP32);
    clipped.clipGradientNorm(1e-3);
    INDArray before = free.params().dup();
    free.fit(batch);
    clipped.fit(batch);
    INDArray step = clipped.params().sub(before);
    assertThat(step.norm2Number().doubleValue()).isCloseTo(1e-3, within(1e-5));
    assertThat(Transforms.cosineSim(step, free.params().sub(before))).isGreaterThan(0.9999);
  }

  @ParameterizedTest
  @CsvSource({"GRAPH, 0", "GRAPH, 1e-3", "ONEDNN, 0", "ONEDNN, 1e-3", "CUDA, 0", "CUDA, 1e-3"})
  void theNormOfAStepsGradientIsTheOneBeforeClipping(Engine engine, double clip) {
    assumeTrue(runs(engine, Precision.FP32));
    MultiDataSet batch = batch(TINY, 4, 0);
    MaeGraph plain = graph(TINY, adamW(), Engine.GRAPH, Precision.FP32);
    plain.lossAndGradients(batch);
    double norm = plain.getFlattenedGradients().norm2Number().doubleValue();
    MaeGraph graph = graph(TINY, adamW(), engine, Precision.FP32);
    graph.clipGradientNorm(clip);
    graph.fit(batch);
    assertThat(norm).isGreaterThan(1e-2);
    assertThat(graph.gradientNorm()).isCloseTo(norm, within(1e-4 * norm));
  }

  @ParameterizedTest
  @EnumSource(names = {"ONEDNN", "CUDA"})
  void anInfiniteGradientSpoilsTheScore(Engine engine) {
    assumeTrue(runs(engine, Precision.FP32));
    MaeGraph graph = graph(TINY, adamW(), engine, Precision.FP32);
    graph.parameters().get("decoder_pred.weight").muli(1e25);
    graph.fit(batch(TINY, 4, 0));
    assertThat(graph.score()).isNaN();
  }

  @Test
  void theGraphHasNoBf16AndNoProcessorHasTf32() {
    assertThatThrownBy(() -> Engines.resolve(Engine.ONEDNN, Precision.TF32, true))
        .hasMessageStartingWith("Invalid precision: tf32 (only GPUs have such products");
    assertThatThrownBy(() -> Engines.resolve(Engine.GRAPH, Precision.BF16, false))
        .hasMessageStartingWith("Invalid precision: bf16 (the graph engine computes in fp32");
    assertThat(Engines.resolve(Engine.GRAPH, Precision.FP32, false)).isEqualTo(Engine.GRAPH);
    assertThat(Engines.resolve(Engine.AUTO, Precision.FP32, false))
        .isEqualTo(runs(Engine.CUDA, Precision.FP32) ? Engine.CUDA : Engine.ONEDNN);
  }
}
