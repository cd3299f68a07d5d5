package io.sparkmae.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sparkmae.model.config.Engine;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Precision;
import io.sparkmae.model.config.Tower;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Sgd;

/** A minibatch in parts beside the same at once. */
class PartsTest {

  private static final MaeConfig TINY = EngineTest.TINY.withTask(0.75, true);
  private static final IUpdater SGD = Sgd.builder().learningRate(0.5).build();

  private static MaeGraph graph(IUpdater updater, Engine engine, double maxNorm) {
    assumeTrue(engine == Engine.GRAPH || EngineTest.runs(engine, Precision.FP32));
    MaeGraph graph = MaeGraph.create(TINY, updater, 0.05, 1);
    graph.use(engine, Precision.FP32);
    graph.clipGradientNorm(maxNorm);
    return graph;
  }

  private static double largest(INDArray difference) {
    return difference.amaxNumber().doubleValue();
  }

  @ParameterizedTest
  @CsvSource({
    "GRAPH, 7, 3, 0", "ONEDNN, 7, 3, 0", "CUDA, 7, 3, 0",
    "GRAPH, 7, 2, 0.01", "ONEDNN, 7, 2, 0.01", "CUDA, 7, 2, 0.01",
    "GRAPH, 3, 5, 0.01", "ONEDNN, 3, 5, 0.01", "CUDA, 3, 5, 0.01",
    "GRAPH, 8, 4, 0.01", "ONEDNN, 8, 4, 0.01", "CUDA, 8, 4, 0.01"
  })
  void stepsInPartsAreStepsAtOnce(Engine engine, int size, int parts, double maxNorm) {
    MaeGraph whole = graph(SGD, engine, maxNorm);
    MaeGraph inParts = graph(SGD, engine, maxNorm);
    INDArray start = whole.params().dup();
    for (int step = 0; step < 2; step++) {
      MultiDataSet batch = EngineTest.batch(TINY, size, step);
      whole.fit(batch);
      double loss = inParts.fit(batch, parts);
      assertThat(loss).isEqualTo(inParts.score()).isCloseTo(whole.score(), within(1e-6));
    }
    assertThat(inParts.getIterationCount()).isEqualTo(2);
    assertThat(largest(inParts.params().sub(whole.params()))).isLessThan(1e-6);
    double way = largest(whole.params().sub(start));
    assertThat(way).isGreaterThan(maxNorm > 0 ? 1e-4 : 1e-3);
    whole.closeEngine();
    inParts.closeEngine();
  }

  @ParameterizedTest
  @EnumSource(names = {"GRAPH", "ONEDNN", "CUDA"})
  void adamWTakesTheMeanGradientOnce(Engine engine) {
    MaeGraph whole = graph(EngineTest.adamW(), engine, 0.01);
    MaeGraph inParts = graph(EngineTest.adamW(), engine, 0.01);
    for (int step = 0; step < 3; step++) {
      MultiDataSet batch = EngineTest.batch(TINY, 7, step);
      inParts.expect(EngineTest.batch(TINY, 7, step + 1));
      whole.fit(batch);
      assertThat(inParts.fit(batch, 3)).isCloseTo(whole.score(), within(1e-5));
    }
    INDArray moments = inParts.getUpdater().getStateViewArray();
    INDArray expected = whole.getUpdater().getStateViewArray();
    whole.download();
    inParts.download();
    assertThat(largest(moments.sub(expected))).isLessThan(1e-6);
    assertThat(inParts.getIterationCount()).isEqualTo(3);
    whole.closeEngine();
    inParts.closeEngine();
  }

  @ParameterizedTest
  @EnumSource(names = {"ONEDNN", "CUDA"})
  void anExpectedMinibatchInPartsIsFetchedBeforehand(Engine engine) {
    MaeGraph plain = graph(EngineTest.adamW(), engine, 0);
    MaeGraph expecting = graph(EngineTest.adamW(), engine, 0);
    MultiDataSet current = EngineTest.batch(TINY, 7, 0);
    for (int step = 0; step < 4; step++) {
      MultiDataSet next = EngineTest.batch(TINY, step == 2 ? 4 : 7, step + 1);
      expecting.expect(next);
      double loss = expecting.fit(current, 2);
      assertThat(plain.fit(EngineTest.batch(TINY, step == 3 ? 4 : 7, step), 2)).isEqualTo(loss);
      current = next;
    }
    assertThat(expecting.paramsSha256()).isEqualTo(plain.paramsSha256());
    plain.closeEngine();
    expecting.closeEngine();
  }

  @ParameterizedTest
  @EnumSource(names = {"GRAPH", "ONEDNN"})
  void noPartsAreRefused(Engine engine) {
    MaeGraph graph = graph(SGD, engine, 0);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> graph.fit(EngineTest.batch(TINY, 2, 0), 0))
        .withMessage("Invalid parts: 0 (must be at least 1)");
    graph.closeEngine();
  }

  @Test
  void aMinibatchThatMemoryIsTooSmallForLeavesTheEngineInOrder() {
    MaeConfig wide =
        new MaeConfig(4, 1, 1, new Tower(480, 1, 3), new Tower(48, 1, 3), 4, 1e-6, 0.75, false);
    MaeGraph graph = MaeGraph.create(wide, EngineTest.adamW(), 0.05, 1);
    graph.use(Engine.ONEDNN, Precision.FP32);
    MultiDataSet batch = EngineTest.batch(wide, 2, 0);
    INDArray patches = batch.getLabels(0);
    INDArray idsShuffle = batch.getFeatures(0);
    double loss = graph.engine().step(patches, idsShuffle);
    long images = Pointer.maxBytes() / (wide.numKeep() * 480L * Float.BYTES) + 1;
    INDArray many = Nd4j.zeros(DataType.UINT8, images, wide.tokens(), wide.patchLength());
    assertThatThrownBy(() -> graph.engine().step(many, idsShuffle))
        .isInstanceOf(OutOfMemoryError.class);
    assertThat(graph.engine().step(patches, idsShuffle)).isEqualTo(loss);
    graph.closeEngine();
  }
}
