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
import io.sparkmae.model.config.Tower;
import io.sparkmae.model.engine.ClassifierEngine;
import io.sparkmae.model.engine.Engines;
import io.sparkmae.model.file.Safetensors;
import io.sparkmae.model.optimiser.AdamW;
import java.io.IOException;
import java.io.InputStream;
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
 * A classifier's numbers beside those of the reference ({@code vit_cls_dev}, {@code vit_gap_dev})
 * and of PyTorch ({@code vit_paths}).
 */
class ClassifierGraphTest {

  private static final MaeConfig TINY =
      new MaeConfig(32, 8, 3, new Tower(48, 2, 3), new Tower(32, 2, 4), 4, 1e-6, 0.75, false);
  private static final int CLASSES = 6;

  private static Map<String, INDArray> file(String name) {
    try (InputStream in = ClassifierGraphTest.class.getResourceAsStream(name + ".safetensors")) {
      return Safetensors.read(in).tensors();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static Map<String, INDArray> file(Pooling pooling) {
    return file(pooling == Pooling.CLS ? "vit_cls_dev" : "vit_gap_dev");
  }

  private static Map<String, INDArray> withPrefix(String prefix, Map<String, INDArray> file) {
    Map<String, INDArray> found = new LinkedHashMap<>();
    file.forEach(
        (name, tensor) -> {
          if (name.startsWith(prefix)) {
            found.put(name.substring(prefix.length()), tensor);
          }
        });
    return found;
  }

  private static AdamW adamW() {
    return new AdamW(new FixedSchedule(1e-3), 0.9, 0.999, 1e-8);
  }

  private static ClassifierConfig config(Pooling pooling, int blocks, double dropPath) {
    return new ClassifierConfig(TINY, CLASSES, pooling, blocks, dropPath);
  }

  private static ClassifierGraph graph(ClassifierConfig config, Precision precision) {
    ClassifierGraph graph = ClassifierGraph.blank(config, adamW(), 0.65, 0.05);
    graph.load(withPrefix("param.", file(config.pooling())));
    graph.use(Engine.ONEDNN, precision);
    return graph;
  }

  /** The file's images [N, 3, H, W] as patches [N, L, P]. */
  static INDArray patches(INDArray images) {
    int grid = TINY.gridSize();
    int patch = TINY.patchSize();
    return images
        .reshape(images.size(0), 3, grid, patch, grid, patch)
        .permute(0, 2, 4, 3, 5, 1)
        .dup('c')
        .reshape(images.size(0), TINY.tokens(), TINY.patchLength());
  }

  private static INDArray oneHot(INDArray labels) {
    INDArray targets = Nd4j.zeros(DataType.FLOAT, labels.length(), CLASSES);
    for (long n = 0; n < labels.length(); n++) {
      targets.putScalar(n, labels.getLong(n), 1);
    }
    return targets;
  }

  private static MultiDataSet hardBatch(Map<String, INDArray> file) {
    INDArray none = Nd4j.ones(DataType.FLOAT, file.get("imgs").size(0), 4);
    return ClassifierBatch.of(patches(file.get("imgs")), none, oneHot(file.get("labels")));
  }

  private static MultiDataSet softBatch(Map<String, INDArray> paths) {
    return ClassifierBatch.of(
        patches(file("vit_gap_dev").get("imgs")), paths.get("scales"), paths.get("targets"));
  }

  private static void gradientsAre(
      Map<String, INDArray> file, ClassifierGraph graph, double limit) {
    Map<String, INDArray> expected = withPrefix("grad.", file);
    assertThat(graph.gradients()).hasSameSizeAs(expected);
    graph.gradients().forEach((name, got) -> isNear(name, got, expected.get(name), limit));
  }

  private static void isNear(String name, INDArray got, INDArray expected, double limit) {
    INDArray wanted = Golden.withoutKeyBias(name, expected);
    assertThat(Conformance.relative(Golden.withoutKeyBias(name, got), wanted))
        .as(name)
        .isLessThan(limit);
  }

  @ParameterizedTest
  @EnumSource(Pooling.class)
  void logitsLossAndEveryGradientAreTheReferences(Pooling pooling) {
    Map<String, INDArray> file = file(pooling);
    ClassifierGraph graph = graph(config(pooling, ClassifierConfig.ALL, 0), Precision.FP32);
    double loss = graph.lossAndGradients(hardBatch(file));
    assertThat(loss).isCloseTo(file.get("loss").getDouble(0), within(4e-6));
    gradientsAre(file, graph, 2e-5);
    INDArray logits = ((ClassifierEngine) graph.engine()).logits(patches(file.get("imgs")));
    assertThat(Conformance.relative(logits, file.get("logits"))).isLessThan(1e-5);
    graph.closeEngine();
  }

  @Test
  void droppedPathsAndSoftTargetsAreAsInPyTorch() {
    Map<String, INDArray> paths = file("vit_paths");
    ClassifierGraph graph = graph(config(Pooling.MEAN, ClassifierConfig.ALL, 0.3), Precision.FP32);
    double loss = graph.lossAndGradients(softBatch(paths));
    assertThat(loss).isCloseTo(paths.get("loss").getDouble(0), within(4e-6));
    gradientsAre(paths, graph, 2e-5);
    graph.closeEngine();
  }

  @Test
  void threeStepsWithRatesByLayerAreAsInPyTorch() {
    Map<String, INDArray> paths = file("vit_paths");
    ClassifierGraph graph = graph(config(Pooling.MEAN, ClassifierConfig.ALL, 0.3), Precision.FP32);
    for (int step = 0; step < 3; step++) {
      graph.fit(softBatch(paths));
    }
    graph.weights().forEach((name, got) -> isNear(name, got, paths.get("after." + name), 1e-4));
    assertThat(graph.lossAndGradients(softBatch(paths)))
        .isCloseTo(paths.get("losses").getDouble(1), within(1e-4));
    graph.closeEngine();
  }

  @ParameterizedTest
  @EnumSource(Pooling.class)
  void bf16IsNear(Pooling pooling) {
    assumeTrue(Engines.hasBf16());
    Map<String, INDArray> file = file(pooling);
    ClassifierGraph graph = graph(config(pooling, ClassifierConfig.ALL, 0), Precision.BF16);
    assertThat(graph.lossAndGradients(hardBatch(file)))
        .isCloseTo(file.get("loss").getDouble(0), within(2e-2));
    gradientsAre(file, graph, 5e-2);
    graph.closeEngine();
  }

  @Test
  void bf16DropsPathsToo() {
    assumeTrue(Engines.hasBf16());
    Map<String, INDArray> paths = file("vit_paths");
    ClassifierGraph graph = graph(config(Pooling.MEAN, ClassifierConfig.ALL, 0.3), Precision.BF16);
    graph.lossAndGradients(softBatch(paths));
    gradientsAre(paths, graph, 5e-2);
    graph.closeEngine();
  }

  @ParameterizedTest
  @CsvSource({"MEAN, 2", "MEAN, 1", "MEAN, 0", "CLS, 1", "CLS, 0"})
  void onlyTheLastBlocksTrain(Pooling pooling, int blocks) {
    Map<String, INDArray> file = file(pooling);
    ClassifierConfig config = config(pooling, blocks, 0);
    ClassifierGraph graph = graph(config, Precision.FP32);
    graph.lossAndGradients(hardBatch(file));
    Map<String, INDArray> gradients = graph.gradients();
    Map<String, INDArray> before = graph.weights();
    graph.fit(hardBatch(file));
    graph
        .weights()
        .forEach(
            (name, after) -> {
              boolean trains = trains(name, config);
              assertThat(after.equalsWithEps(before.get(name), 0)).as(name).isEqualTo(!trains);
              if (trains) {
                isNear(name, gradients.get(name), file.get("grad." + name), 2e-5);
              }
            });
    graph.closeEngine();
  }

  private static boolean trains(String name, ClassifierConfig config) {
    if (name.startsWith("blocks.")) {
      return name.charAt(7) - '0' >= config.frozenBlocks();
    }
    return name.startsWith("head") || name.contains("norm") && config.trainsNorm();
  }

  @Test
  void partsOfAMinibatchMakeTheSameStep() {
    Map<String, INDArray> paths = file("vit_paths");
    ClassifierConfig config = config(Pooling.MEAN, ClassifierConfig.ALL, 0.3);
    ClassifierGraph whole = graph(config, Precision.FP32);
    ClassifierGraph inParts = graph(config, Precision.FP32);
    double loss = whole.fit(softBatch(paths), 1);
    assertThat(inParts.fit(softBatch(paths), 3)).isCloseTo(loss, within(1e-5)); // 2, 1 and 1
    assertThat(inParts.params().sub(whole.params()).norm2Number().doubleValue())
        .isLessThan(1e-3 * whole.params().norm2Number().doubleValue());
    whole.closeEngine();
    inParts.closeEngine();
  }

  @Test
  void aGraphFromItsJsonTakesTheSameStep() {
    Map<String, INDArray> paths = file("vit_paths");
    ClassifierGraph here = graph(config(Pooling.MEAN, ClassifierConfig.ALL, 0.3), Precision.FP32);
    String json = here.getConfiguration().toJson();
    EngineGraph there =
        EngineGraph.of(
            ComputationGraphConfiguration.fromJson(json),
            here.params().dup(),
            Nd4j.create(DataType.FLOAT, here.getUpdater().getStateViewArray().length()));
    assertThat(there).isInstanceOf(ClassifierGraph.class);
    there.use(Engine.ONEDNN, Precision.FP32);
    here.fit(softBatch(paths));
    there.fit(softBatch(paths));
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
        .isThrownBy(() -> graph.fit(hardBatch(file("vit_gap_dev"))))
        .withMessage(
            "Invalid engine: graph (a classifier is computed on processors; choose onednn)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> config(Pooling.MEAN, 3, 0))
        .withMessageContaining("Invalid blocks: 3");
  }
}
