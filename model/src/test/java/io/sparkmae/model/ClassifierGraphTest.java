package io.sparkmae.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sparkmae.model.classify.ClassifierBatch;
import io.sparkmae.model.classify.ClassifierStart;
import io.sparkmae.model.config.ClassifierConfig;
import io.sparkmae.model.config.Engine;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Pooling;
import io.sparkmae.model.config.Precision;
import io.sparkmae.model.engine.ClassifierEngine;
import io.sparkmae.model.engine.Engines;
import io.sparkmae.model.optimiser.AdamW;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.LongStream;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.schedule.FixedSchedule;

/**
 * A classifier's numbers beside those of the reference ({@code vit_cls_dev}, {@code vit_gap_dev}),
 * of PyTorch ({@code vit_paths}) and timm ({@code vit_map}).
 */
class ClassifierGraphTest {

  private static final MaeConfig TINY = EngineTest.TINY;
  private static final int CLASSES = ClassifierGolden.CLASSES;

  private static AdamW adamW() {
    return new AdamW(new FixedSchedule(1e-3), 0.9, 0.999, 1e-8);
  }

  private static ClassifierConfig config(Pooling pooling, int blocks, double dropPath) {
    MaeConfig encoder = ClassifierGolden.of(pooling).encoder();
    return new ClassifierConfig(encoder, CLASSES, pooling, blocks, dropPath);
  }

  private static ClassifierGraph graph(ClassifierConfig config, Precision precision) {
    ClassifierGraph graph = ClassifierGraph.blank(config, adamW(), 0.65, 0.05);
    graph.load(ClassifierGolden.of(config.pooling()).parameters());
    graph.use(Engine.ONEDNN, precision);
    return graph;
  }

  private static ClassifierGraph whole(Pooling pooling) {
    return graph(config(pooling, ClassifierConfig.ALL, 0), Precision.FP32);
  }

  private static final ClassifierGolden PATHS = ClassifierGolden.of("vit_paths");

  private static MultiDataSet softBatch() {
    return ClassifierBatch.of(
        ClassifierGolden.of(Pooling.MEAN).patches(), PATHS.get("scales"), PATHS.get("targets"));
  }

  private static ClassifierConfig dropping() {
    return config(Pooling.MEAN, ClassifierConfig.ALL, 0.3);
  }

  @ParameterizedTest
  @EnumSource(Pooling.class)
  void logitsLossAndEveryGradientAreTheReferences(Pooling pooling) {
    ClassifierGolden golden = ClassifierGolden.of(pooling);
    ClassifierGraph graph = whole(pooling);
    double loss = graph.lossAndGradients(golden.batch());
    assertThat(loss).isCloseTo(golden.get("loss").getDouble(0), within(4e-6));
    golden.requireGradients(graph, 2e-5);
    INDArray logits = ((ClassifierEngine) graph.engine()).logits(golden.patches());
    assertThat(Conformance.relative(logits, golden.get("logits"))).isLessThan(1e-5);
    graph.closeEngine();
  }

  @Test
  void droppedPathsAndSoftTargetsAreAsInPyTorch() {
    ClassifierGraph graph = graph(dropping(), Precision.FP32);
    double loss = graph.lossAndGradients(softBatch());
    assertThat(loss).isCloseTo(PATHS.get("loss").getDouble(0), within(4e-6));
    PATHS.requireGradients(graph, 2e-5);
    graph.closeEngine();
  }

  @Test
  void threeStepsWithRatesByLayerAreAsInPyTorch() {
    requireThreeSteps(graph(dropping(), Precision.FP32), softBatch(), PATHS);
    ClassifierGolden golden = ClassifierGolden.of(Pooling.ATTENTION);
    requireThreeSteps(whole(Pooling.ATTENTION), golden.batch(), golden);
  }

  private static void requireThreeSteps(
      ClassifierGraph graph, MultiDataSet batch, ClassifierGolden golden) {
    for (int step = 0; step < 3; step++) {
      graph.fit(batch);
    }
    graph.weights().forEach((name, got) -> golden.requireNear("after.", name, got, 1e-4));
    assertThat(graph.lossAndGradients(batch))
        .isCloseTo(golden.get("losses").getDouble(1), within(1e-4));
    graph.closeEngine();
  }

  @ParameterizedTest
  @EnumSource(Pooling.class)
  void bf16IsNear(Pooling pooling) {
    assumeTrue(Engines.hasBf16());
    ClassifierGolden golden = ClassifierGolden.of(pooling);
    ClassifierGraph graph = graph(config(pooling, ClassifierConfig.ALL, 0), Precision.BF16);
    assertThat(graph.lossAndGradients(golden.batch()))
        .isCloseTo(golden.get("loss").getDouble(0), within(2e-2));
    golden.requireGradients(graph, 5e-2);
    graph.closeEngine();
  }

  @Test
  void bf16DropsPathsToo() {
    assumeTrue(Engines.hasBf16());
    ClassifierGraph graph = graph(dropping(), Precision.BF16);
    graph.lossAndGradients(softBatch());
    PATHS.requireGradients(graph, 5e-2);
    graph.closeEngine();
  }

  @ParameterizedTest
  @EnumSource(Pooling.class)
  void theGradientIsTheSlopeOfTheLoss(Pooling pooling) {
    ClassifierGraph graph = whole(pooling);
    EngineTest.requireSlope(graph, ClassifierGolden.of(pooling).batch());
    graph.closeEngine();
  }

  @ParameterizedTest
  @CsvSource({
    "MEAN, 2",
    "MEAN, 1",
    "MEAN, 0",
    "CLS, 1",
    "CLS, 0",
    "ATTENTION, 2",
    "ATTENTION, 1",
    "ATTENTION, 0"
  })
  void onlyTheLastBlocksTrain(Pooling pooling, int blocks) {
    ClassifierGolden golden = ClassifierGolden.of(pooling);
    ClassifierConfig config = config(pooling, blocks, 0);
    ClassifierGraph graph = graph(config, Precision.FP32);
    graph.lossAndGradients(golden.batch());
    Map<String, INDArray> gradients = graph.gradients();
    Map<String, INDArray> before = graph.weights();
    graph.fit(golden.batch());
    graph
        .weights()
        .forEach(
            (name, after) -> {
              boolean trains = trains(name, config);
              assertThat(after.equalsWithEps(before.get(name), 0)).as(name).isEqualTo(!trains);
              if (trains) {
                golden.requireNear("grad.", name, gradients.get(name), 2e-5);
              }
            });
    graph.closeEngine();
  }

  private static boolean trains(String name, ClassifierConfig config) {
    if (name.startsWith("blocks.")) {
      return name.charAt(7) - '0' >= config.frozenBlocks();
    }
    return name.startsWith("head")
        || name.startsWith("attn_pool")
        || name.contains("norm") && config.trainsNorm();
  }

  @Test
  void partsOfAMinibatchMakeTheSameStep() {
    ClassifierGraph whole = graph(dropping(), Precision.FP32);
    requireSameStepInParts(whole, graph(dropping(), Precision.FP32), softBatch());
    MultiDataSet batch = ClassifierGolden.of(Pooling.ATTENTION).batch();
    requireSameStepInParts(whole(Pooling.ATTENTION), whole(Pooling.ATTENTION), batch);
  }

  private static void requireSameStepInParts(
      ClassifierGraph whole, ClassifierGraph inParts, MultiDataSet batch) {
    double loss = whole.fit(batch, 1);
    assertThat(inParts.fit(batch, 3)).isCloseTo(loss, within(1e-5)); // 2, 1 and 1
    assertThat(inParts.params().sub(whole.params()).norm2Number().doubleValue())
        .isLessThan(1e-3 * whole.params().norm2Number().doubleValue());
    whole.closeEngine();
    inParts.closeEngine();
  }

  @Test
  void aGraphFromItsJsonTakesTheSameStep() {
    requireSameStepFromJson(graph(dropping(), Precision.FP32), softBatch());
    requireSameStepFromJson(
        whole(Pooling.ATTENTION), ClassifierGolden.of(Pooling.ATTENTION).batch());
  }

  private static void requireSameStepFromJson(ClassifierGraph here, MultiDataSet batch) {
    String json = here.getConfiguration().toJson();
    EngineGraph there =
        EngineGraph.of(
            ComputationGraphConfiguration.fromJson(json),
            here.params().dup(),
            Nd4j.create(DataType.FLOAT, here.getUpdater().getStateViewArray().length()));
    assertThat(there).isInstanceOf(ClassifierGraph.class);
    there.use(Engine.ONEDNN, Precision.FP32);
    here.fit(batch);
    there.fit(batch);
    assertThat(there.paramsSha256()).isEqualTo(here.paramsSha256());
    here.closeEngine();
    there.closeEngine();
  }

  @Test
  void pathsAreDroppedByTheSampleAloneAndScaledToTheirMean() {
    ClassifierConfig config = config(Pooling.MEAN, ClassifierConfig.ALL, 0.4);
    long[] seeds = LongStream.range(0, 4000).toArray();
    INDArray scales = ClassifierBatch.scales(config, seeds);
    assertThat(scales.getColumn(0).minNumber().doubleValue()).isEqualTo(1); // the first block
    assertThat(scales.getColumn(3).meanNumber().doubleValue()).isCloseTo(1, within(0.05));
    assertThat(scales.getColumn(3).maxNumber().doubleValue()).isCloseTo(1 / 0.6, within(1e-6));
    assertThat(scales.getColumn(3).minNumber().doubleValue()).isZero();
    assertThat(scales.getColumn(2)).isNotEqualTo(scales.getColumn(3));
    assertThat(ClassifierBatch.scales(config, new long[] {7}).toFloatVector())
        .containsExactly(scales.getRow(7).toFloatVector());
  }

  @Test
  void aStartIsTheEncoderUnderASmallHead() {
    ClassifierConfig config = config(Pooling.MEAN, ClassifierConfig.ALL, 0);
    MaeGraph trained = MaeGraph.create(TINY, adamW(), 0, 5);
    Map<String, INDArray> encoder = MaeWeights.encoder(trained);
    Map<String, INDArray> start = ClassifierStart.of(config, encoder, 1);
    assertThat(start.keySet())
        .containsExactlyElementsOf(ReferenceNames.classifier(config).keySet());
    assertThat(start.get("blocks.1.attn.qkv.weight"))
        .isEqualTo(encoder.get("blocks.1.attn.qkv.weight"));
    assertThat(start.get("pos_embed")).isEqualTo(encoder.get("pos_embed"));
    assertThat(start.get("head.weight").stdNumber().doubleValue()).isCloseTo(2e-5, within(3e-6));
    assertThat(start.get("fc_norm.weight").minNumber().doubleValue()).isEqualTo(1);
    assertThat(ClassifierStart.of(config, encoder, 2).get("head.weight"))
        .isNotEqualTo(start.get("head.weight"));
  }

  @Test
  void anAttentionPoolStartsSmall() {
    var config = new ClassifierConfig(TINY, CLASSES, Pooling.ATTENTION);
    var encoder = MaeWeights.encoder(MaeGraph.create(TINY, adamW(), 0, 5));
    Map<String, INDArray> start = ClassifierStart.of(config, encoder, 1);
    assertThat(start.get("norm.weight")).isEqualTo(encoder.get("norm.weight"));
    assertThat(deviation(start, "attn_pool.kv.weight")).isCloseTo(0.02, within(1e-3));
    assertThat(deviation(start, "attn_pool.latent")).isCloseTo(1 / Math.sqrt(48), within(0.05));
    assertThat(start.get("attn_pool.norm.weight").minNumber().doubleValue()).isEqualTo(1);
    assertThat(start.get("attn_pool.q.bias").amaxNumber().doubleValue()).isZero();
    assertThat(ClassifierStart.of(config, encoder, 2).get("attn_pool.latent"))
        .isNotEqualTo(start.get("attn_pool.latent"));
    var mean = new ClassifierConfig(TINY, CLASSES, Pooling.MEAN);
    assertThat(ClassifierStart.of(mean, encoder, 1).get("head.weight"))
        .isEqualTo(start.get("head.weight"));
  }

  private static double deviation(Map<String, INDArray> weights, String name) {
    return weights.get(name).stdNumber().doubleValue();
  }

  @Test
  void fixedPositionsAreComputedForAnotherImageSizeAndTrainedOnesRefused() {
    MaeGraph trained = MaeGraph.create(TINY, adamW(), 0, 5);
    Map<String, INDArray> encoder = new LinkedHashMap<>(MaeWeights.encoder(trained));
    var larger = new ClassifierConfig(TINY.withGeometry(48, 8, 3), CLASSES, Pooling.CLS);
    assertThat(ClassifierStart.of(larger, encoder, 1).get("pos_embed").shape())
        .containsExactly(1, 37, 48);
    encoder.put("pos_embed", encoder.get("pos_embed").add(0.1));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ClassifierStart.of(larger, encoder, 1))
        .withMessageContaining("they were trained");
  }

  @Test
  void otherEnginesAreRefused() {
    ClassifierConfig config = config(Pooling.MEAN, ClassifierConfig.ALL, 0);
    ClassifierGraph graph = ClassifierGraph.blank(config, adamW(), 1, 0);
    graph.use(Engine.GRAPH, Precision.FP32);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> graph.fit(ClassifierGolden.of(Pooling.MEAN).batch()))
        .withMessage(
            "Invalid engine: graph (a classifier is computed on processors; choose onednn)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> config(Pooling.MEAN, 3, 0))
        .withMessageContaining("Invalid blocks: 3");
  }
}
