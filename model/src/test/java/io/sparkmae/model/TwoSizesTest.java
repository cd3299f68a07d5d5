package io.sparkmae.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sparkmae.model.classify.ClassifierBatch;
import io.sparkmae.model.config.ClassifierConfig;
import io.sparkmae.model.config.Engine;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Pooling;
import io.sparkmae.model.config.Precision;
import io.sparkmae.model.engine.ClassifierEngine;
import io.sparkmae.model.engine.MaeEngine;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/** Batches of changing sizes, whose plans share memory, beside engines that see one batch alone. */
class TwoSizesTest {

  private static final List<Integer> SIZES = List.of(5, 4, 5, 3, 5, 4, 6, 5, 6);

  static Stream<Arguments> models() {
    MaeConfig tiny = EngineTest.TINY;
    return Stream.of(
            tiny,
            new MaeConfig(32, 8, 3, tiny.encoder(), tiny.decoder(), 4, 1e-6, 0.75, true),
            tiny.withCrossDecoder(0.25),
            tiny.withEncoderMaskTokens())
        .flatMap(
            model ->
                Stream.of(Precision.FP32, Precision.BF16)
                    .map(precision -> Arguments.of(model, precision)));
  }

  @ParameterizedTest
  @MethodSource("models")
  void anAutoencodersStepsHaveTheSameBits(MaeConfig model, Precision precision) {
    assumeTrue(EngineTest.runs(Engine.ONEDNN, precision));
    requireSame(
        () -> EngineTest.graph(model, EngineTest.adamW(), Engine.ONEDNN, precision),
        size -> EngineTest.batch(model, size, size),
        (graph, batch) -> {
          MaeEngine engine = (MaeEngine) graph.engine();
          return List.of(
              engine.encode(batch.getLabels(0)),
              engine.predict(batch.getLabels(0), batch.getFeatures(0)));
        });
  }

  static Stream<Arguments> classifiers() {
    return Arrays.stream(Pooling.values())
        .flatMap(
            pooling ->
                Stream.of(0, 1, ClassifierConfig.ALL)
                    .flatMap(
                        blocks ->
                            Stream.of(Precision.FP32, Precision.BF16)
                                .map(precision -> Arguments.of(pooling, blocks, precision))));
  }

  @ParameterizedTest
  @MethodSource("classifiers")
  void aClassifiersStepsHaveTheSameBits(Pooling pooling, int blocks, Precision precision) {
    assumeTrue(EngineTest.runs(Engine.ONEDNN, precision));
    ClassifierGolden golden = ClassifierGolden.of(pooling);
    double dropPath = blocks == ClassifierConfig.ALL ? 0.3 : 0;
    var config =
        new ClassifierConfig(golden.encoder(), ClassifierGolden.CLASSES, pooling, blocks, dropPath);
    requireSame(
        () -> {
          ClassifierGraph graph = ClassifierGraph.blank(config, EngineTest.adamW(), 0.65, 0.05);
          graph.load(golden.parameters());
          graph.use(Engine.ONEDNN, precision);
          return graph;
        },
        size -> examples(config, size),
        (graph, batch) ->
            List.of(((ClassifierEngine) graph.engine()).logits(batch.getFeatures(0))));
  }

  /** Images of noise. */
  private static MultiDataSet examples(ClassifierConfig config, int size) {
    MaeConfig encoder = config.encoder();
    byte[] patches = new byte[size * encoder.tokens() * encoder.patchLength()];
    new Random(size).nextBytes(patches);
    float[][] targets = new float[size][config.classes()];
    for (int image = 0; image < size; image++) {
      targets[image][image % config.classes()] = 1;
    }
    return ClassifierBatch.of(
        config, patches, targets, LongStream.range(size, 2L * size).toArray());
  }

  private interface Answers {
    List<INDArray> of(EngineGraph graph, MultiDataSet batch);
  }

  private static void requireSame(
      Supplier<EngineGraph> graphs, IntFunction<MultiDataSet> batches, Answers answers) {
    EngineGraph changing = graphs.get();
    for (int size : SIZES) {
      MultiDataSet batch = batches.apply(size);
      EngineGraph alone = graphs.get();
      assertThat(changing.lossAndGradients(batch)).isEqualTo(alone.lossAndGradients(batch));
      alone
          .gradients()
          .forEach(
              (name, gradient) ->
                  assertThat(changing.gradients().get(name)).as(name).isEqualTo(gradient));
      assertThat(answers.of(changing, batch)).isEqualTo(answers.of(alone, batch));
      alone.closeEngine();
    }
    changing.closeEngine();
  }
}
