package io.sparkmae.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.sparkmae.model.config.Engine;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Pixels;
import io.sparkmae.model.config.Precision;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.learning.config.NoOp;
import org.nd4j.linalg.ops.transforms.Transforms;

/** Removed patches in the encoder, without their pixels: the paper's Table 1c. */
class EncoderMaskTokensTest {

  private static final MaeConfig MASK_TOKENS = EngineTest.TINY.withEncoderMaskTokens();
  private static final int IMAGES = 3;

  private final MaeGraph graph = MaeGraph.create(MASK_TOKENS, EngineTest.adamW(), 0.05, 1);

  @AfterEach
  void closeEngine() {
    graph.closeEngine();
  }

  @Test
  void theEncoderSeesZerosForRemovedPatches() {
    graph.use(Engine.ONEDNN, Precision.FP32);
    MultiDataSet batch = EngineTest.batch(MASK_TOKENS, IMAGES, 0);
    INDArray zeroed = normalised(batch);
    forEachRemoved(batch, (image, patch) -> zeroed.slice(image).slice(patch).assign(0));
    INDArray all = graph.engine().encode(zeroed); // in the image's order
    INDArray latent = graph.latent(batch); // in the shuffled order
    for (int image = 0; image < IMAGES; image++) {
      for (int place = 0; place < MASK_TOKENS.tokens(); place++) {
        int patch = batch.getFeatures(0).getInt(image, place);
        INDArray difference =
            latent.slice(image).slice(place + 1).sub(all.slice(image).slice(patch + 1));
        assertThat(Transforms.abs(difference).maxNumber().doubleValue()).isLessThan(1e-5);
      }
    }
  }

  @Test
  void theGradientIsTheSlopeOfTheLoss() {
    graph.use(Engine.ONEDNN, Precision.FP32);
    MultiDataSet batch = EngineTest.batch(MASK_TOKENS, 4, 0);
    EngineTest.requireSlope(graph, batch);
  }

  @Test
  void theLossIsThatOfTheRemovedPatches() {
    graph.use(Engine.ONEDNN, Precision.FP32);
    MultiDataSet batch = EngineTest.batch(MASK_TOKENS, IMAGES, 0);
    INDArray errors = graph.predict(batch).sub(normalised(batch));
    double[] sum = new double[2];
    forEachRemoved(
        batch,
        (image, patch) -> {
          INDArray error = errors.slice(image).slice(patch);
          sum[0] += error.mul(error).meanNumber().doubleValue();
          sum[1]++;
        });
    double mean = sum[0] / sum[1];
    assertThat(graph.lossAndGradients(batch)).isCloseTo(mean, within(1e-5 * mean));
  }

  @ParameterizedTest
  @EnumSource(names = {"GRAPH", "CUDA"})
  void otherEnginesAreRefused(Engine engine) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> MaeGraph.requireEngine(MASK_TOKENS, engine))
        .withMessageStartingWith("Invalid engine: " + engine.name().toLowerCase(Locale.ROOT))
        .withMessageEndingWith("(mask tokens in the encoder are for onednn alone; choose it)");
  }

  @Test
  void theGraphItselfTrainsNoSuchModelAndAsksAnEngineForItsPrediction() {
    MultiDataSet batch = EngineTest.batch(MASK_TOKENS, IMAGES, 0);
    assertThatIllegalArgumentException().isThrownBy(() -> graph.fit(batch));
    INDArray predicted = graph.predict(batch);
    INDArray latent = graph.latent(batch);
    assertThat(graph.engine()).isNull();
    graph.use(Engine.ONEDNN, Precision.FP32);
    assertThat(predicted).isEqualTo(graph.predict(batch));
    assertThat(latent).isEqualTo(graph.latent(batch));
  }

  @Test
  void aDecoderOfCrossAttentionIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> MASK_TOKENS.withCrossDecoder(0.25))
        .withMessageStartingWith("Invalid encoderMaskTokens: true (must be false with");
  }

  @Test
  void theJsonOfThePapersEncoderIsAsItWas() {
    assertThat(MaeGraph.create(EngineTest.TINY, new NoOp(), 0, 1).getConfiguration().toJson())
        .doesNotContain("encoderMaskTokens");
    assertThat(graph.getConfiguration().toJson()).contains("\"encoderMaskTokens\" : true");
  }

  private static INDArray normalised(MultiDataSet batch) {
    return Pixels.normalise(batch.getLabels(0), MASK_TOKENS.channels()).dup();
  }

  private interface Place {
    void accept(int image, int patch);
  }

  private static void forEachRemoved(MultiDataSet batch, Place place) {
    for (int image = 0; image < IMAGES; image++) {
      for (int i = MASK_TOKENS.numKeep(); i < MASK_TOKENS.tokens(); i++) {
        place.accept(image, batch.getFeatures(0).getInt(image, i));
      }
    }
  }
}
