package io.sparkmae.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;
import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import io.sparkmae.model.config.Engine;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Pixels;
import io.sparkmae.model.config.Precision;
import io.sparkmae.model.engine.Engines;
import io.sparkmae.model.file.Safetensors;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.NoOp;

/**
 * A decoder of cross-attention. The golden numbers are PyTorch's, of a model written for them from
 * the paper's formulas and computed in fp64: 3 images of 16 pixels, 4 of 16 patches kept, 6 of 12
 * removed ones predicted.
 */
class CrossDecoderTest {

  private static final MaeConfig QUARTER = EngineTest.TINY.withCrossDecoder(0.25); // 4 of 12
  private static final MaeConfig ALL = EngineTest.TINY.withCrossDecoder(0);

  private final List<MaeGraph> used = new ArrayList<>();

  private MaeGraph graph(MaeConfig config, IUpdater updater, Engine engine, Precision precision) {
    MaeGraph graph = MaeGraph.create(config, updater, 0.05, 1);
    graph.use(engine, precision);
    used.add(graph);
    return graph;
  }

  private MaeGraph trained(MaeConfig config, int parts) {
    MaeGraph graph = graph(config, EngineTest.adamW(), Engine.ONEDNN, Precision.FP32);
    for (int step = 0; step < 5; step++) {
      graph.fit(EngineTest.batch(config, 7, step), parts);
    }
    return graph;
  }

  @AfterEach
  void closeEngines() {
    used.forEach(MaeGraph::closeEngine);
  }

  @ParameterizedTest
  @CsvSource({
    "mae_cross, GRAPH, FP32",
    "mae_cross_normpix, GRAPH, FP32",
    "mae_cross, ONEDNN, FP32",
    "mae_cross_normpix, ONEDNN, FP32",
    "mae_cross, ONEDNN, BF16",
    "mae_cross_normpix, ONEDNN, BF16"
  })
  void agreesWithPyTorch(String name, Engine engine, Precision precision) throws IOException {
    try (var in = getClass().getResourceAsStream(name + ".safetensors")) {
      Conformance conformance = Conformance.of(Safetensors.read(in), engine, precision);
      assertThat(conformance.passed()).as(conformance.toString()).isTrue();
    }
  }

  @Test
  void stepsOfTheEngineAreTheGraphs() {
    for (MaeConfig config : List.of(QUARTER, ALL)) {
      MaeGraph slow = graph(config, EngineTest.adamW(), Engine.GRAPH, Precision.FP32);
      MaeGraph fast = graph(config, EngineTest.adamW(), Engine.ONEDNN, Precision.FP32);
      for (int step = 0; step < 4; step++) {
        MultiDataSet batch = EngineTest.batch(config, step == 2 ? 2 : 5, step);
        slow.fit(batch);
        fast.fit(batch);
        assertThat(fast.score()).isCloseTo(slow.score(), within(1e-4));
      }
      INDArray difference = fast.params().sub(slow.params());
      double norm = slow.params().norm2Number().doubleValue();
      assertThat(difference.norm2Number().doubleValue() / norm).isLessThan(1e-4);
    }
  }

  @ParameterizedTest
  @CsvSource({"GRAPH, 0.25", "ONEDNN, 0.25", "ONEDNN, 0.0625", "ONEDNN, 0"})
  void theLossIsTheMeanOverTheFirstRemovedPatchesOfTheOrder(Engine engine, double predictRatio) {
    MaeConfig config = EngineTest.TINY.withCrossDecoder(predictRatio);
    MaeGraph graph = graph(config, new NoOp(), engine, Precision.FP32);
    MultiDataSet batch = EngineTest.batch(config, 3, 0);
    INDArray target = Pixels.normalise(batch.getLabels(0), 3);
    INDArray errors = graph.predict(batch).sub(target); // [N, L, P]
    double sum = 0;
    for (int image = 0; image < 3; image++) {
      for (int place = 4; place < 4 + config.numPredict(); place++) {
        INDArray patch = errors.slice(image).slice(batch.getFeatures(0).getInt(image, place));
        sum += patch.mul(patch).meanNumber().doubleValue();
      }
    }
    double mean = sum / (3 * config.numPredict());
    assertThat(graph.lossAndGradients(batch)).isCloseTo(mean, within(1e-5 * mean));
  }

  @Test
  void patchesThatAreNotPredictedChangeNothing() {
    MultiDataSet batch = EngineTest.batch(QUARTER, 3, 0);
    MultiDataSet other = EngineTest.batch(QUARTER, 3, 0);
    for (int image = 0; image < 3; image++) {
      for (int place = 8; place < 16; place++) {
        int patch = batch.getFeatures(0).getInt(image, place);
        other.getLabels(0).slice(image).slice(patch).assign(7);
      }
    }
    assertThat(other.getLabels(0)).isNotEqualTo(batch.getLabels(0));
    MaeGraph one = graph(QUARTER, EngineTest.adamW(), Engine.ONEDNN, Precision.FP32);
    MaeGraph two = graph(QUARTER, EngineTest.adamW(), Engine.ONEDNN, Precision.FP32);
    one.fit(batch);
    two.fit(other);
    assertThat(two.paramsSha256()).isEqualTo(one.paramsSha256());
  }

  @ParameterizedTest
  @CsvSource({"false, 0.25", "false, 0", "true, 0.25"})
  void theGradientIsTheSlopeOfTheLoss(boolean fullEncoder, double predictRatio) {
    MaeConfig config = EngineTest.TINY.withCrossDecoder(predictRatio);
    MaeGraph graph = graph(config, new NoOp(), Engine.ONEDNN, Precision.FP32);
    if (fullEncoder) {
      graph.engine().useFullEncoder();
    }
    MultiDataSet batch = EngineTest.batch(config, 4, 0);
    EngineTest.requireSlope(graph, batch);
  }

  @Test
  void theGradientOfABatchIsTheMeanOfItsImagesForEverySize() {
    MaeGraph single = graph(QUARTER, new NoOp(), Engine.ONEDNN, Precision.FP32);
    MaeGraph together = graph(QUARTER, new NoOp(), Engine.ONEDNN, Precision.FP32);
    MultiDataSet batch = EngineTest.batch(QUARTER, 24, 1);
    double losses = 0;
    INDArray gradients = null;
    for (int size = 1; size <= 24; size++) {
      losses += step(single, batch, size - 1, size);
      INDArray gradient = single.getGradientsViewArray();
      gradients = gradients == null ? gradient.dup() : gradients.addi(gradient);
      double loss = step(together, batch, 0, size);
      assertThat(loss).as(size + " images").isCloseTo(losses / size, within(1e-5));
      INDArray difference = together.getGradientsViewArray().mul(size).sub(gradients);
      assertThat(difference.norm2Number().doubleValue())
          .as(size + " images")
          .isLessThan(1e-4 * gradients.norm2Number().doubleValue());
    }
  }

  private static double step(MaeGraph graph, MultiDataSet batch, int from, int to) {
    INDArray patches = batch.getLabels(0).get(interval(from, to), all(), all());
    return graph.engine().step(patches, batch.getFeatures(0).get(interval(from, to), all()));
  }

  @Test
  void theSameSeedGivesTheSameBitsAndThoseOfAStepInPartsAreClose() throws IOException {
    MaeGraph once = trained(QUARTER, 1);
    assertThat(trained(QUARTER, 1).paramsSha256()).isEqualTo(once.paramsSha256());
    INDArray difference = trained(QUARTER, 3).params().sub(once.params()); // padded parts
    assertThat(difference.norm2Number().doubleValue())
        .isLessThan(1e-4 * once.params().norm2Number().doubleValue());

    ByteArrayOutputStream saved = new ByteArrayOutputStream();
    Dl4jZip.write(once, saved);
    MaeGraph restored = Dl4jZip.read(new ByteArrayInputStream(saved.toByteArray()));
    assertThat(restored.maeConfig()).isEqualTo(QUARTER);
    restored.use(Engine.ONEDNN, Precision.FP32);
    used.add(restored);
    restored.fit(EngineTest.batch(QUARTER, 7, 9));
    once.fit(EngineTest.batch(QUARTER, 7, 9));
    assertThat(restored.paramsSha256()).isEqualTo(once.paramsSha256());
  }

  @Test
  void stepsInBf16FollowFp32() {
    MaeGraph exact = graph(QUARTER, EngineTest.adamW(), Engine.ONEDNN, Precision.FP32);
    MaeGraph rounded = graph(QUARTER, EngineTest.adamW(), Engine.ONEDNN, Precision.BF16);
    for (int step = 0; step < 100; step++) {
      MultiDataSet batch = EngineTest.batch(QUARTER, 4, step);
      exact.fit(batch);
      rounded.fit(batch);
      assertThat(rounded.score()).isCloseTo(exact.score(), within(0.01)); // of 1 at the start
    }
    assertThat(exact.score()).isLessThan(0.3);
  }

  @Test
  void onlyTheDecodersNamesDiffer() {
    List<String> cross = new ArrayList<>(ReferenceNames.all(QUARTER).keySet());
    List<String> self = new ArrayList<>(ReferenceNames.all(EngineTest.TINY).keySet());
    assertThat(ReferenceNames.encoder(QUARTER).keySet())
        .containsExactlyElementsOf(ReferenceNames.encoder(EngineTest.TINY).keySet());
    cross.removeIf(name -> name.contains("cross_attn"));
    self.removeIf(name -> name.startsWith("decoder_blocks") && name.contains(".attn."));
    assertThat(cross).isEqualTo(self);
  }

  @Test
  void theJsonOfThePapersDecoderIsAsItWas() {
    assertThat(MaeGraph.create(EngineTest.TINY, new NoOp(), 0, 1).getConfiguration().toJson())
        .doesNotContain("decoderAttention", "predictRatio");
    assertThat(MaeGraph.create(QUARTER, new NoOp(), 0, 1).getConfiguration().toJson())
        .contains("\"decoderAttention\" : \"CROSS\"", "\"predictRatio\" : 0.25");
  }

  @ParameterizedTest
  @EnumSource(names = {"AUTO", "ONEDNN", "GRAPH"})
  void everyEngineOfProcessorsIsTaken(Engine choice) {
    Engine engine = MaeGraph.requireEngine(QUARTER, choice);
    assertThat(engine).isEqualTo(choice == Engine.AUTO ? Engines.processors() : choice);
    assertThat(MaeGraph.requireEngine(EngineTest.TINY, choice)).isEqualTo(choice);
  }

  @Test
  void aGpuIsRefused() {
    assertThat(MaeGraph.requireEngine(EngineTest.TINY, Engine.CUDA)).isEqualTo(Engine.CUDA);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> MaeGraph.requireEngine(QUARTER, Engine.CUDA))
        .withMessage(
            "Invalid engine: cuda (a decoder of cross-attention has never run on a GPU; choose onednn)");
  }

  @ParameterizedTest
  @CsvSource({"0, 147", "0.75, 147", "0.25, 49", "0.001, 1", "0.7499, 147", "0.1, 20"})
  void theNumberOfPredictedPatchesIsRounded(double predictRatio, int expected) {
    MaeConfig base = MaeConfig.preset("mae_vit_base_patch16");
    assertThat(base.withCrossDecoder(predictRatio).numPredict()).isEqualTo(expected);
    assertThat(base.numPredict()).isEqualTo(147);
  }

  @Test
  void badPredictRatiosAreRefused() {
    for (double ratio : new double[] {0.76, -0.1, Double.NaN}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> EngineTest.TINY.withCrossDecoder(ratio))
          .withMessage(
              "Invalid predictRatio: %s (must be in (0, 0.75], the mask ratio, or 0 for every removed patch)",
              ratio);
    }
    MaeConfig tiny = EngineTest.TINY;
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                new MaeConfig(
                    32,
                    8,
                    3,
                    tiny.encoder(),
                    tiny.decoder(),
                    4,
                    1e-6,
                    0.75,
                    false,
                    null,
                    0.25,
                    null,
                    false))
        .withMessageStartingWith("Invalid predictRatio: 0.25 (must be 0 with a decoder of self-");
  }
}
