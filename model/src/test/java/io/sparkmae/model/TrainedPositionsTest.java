package io.sparkmae.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.sparkmae.model.config.Engine;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.PositionGrid;
import io.sparkmae.model.config.PositionTable;
import io.sparkmae.model.config.Precision;
import io.sparkmae.model.config.Tower;
import io.sparkmae.model.config.TrainedPositions;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.learning.config.NoOp;

class TrainedPositionsTest {

  private static final Tower ENCODER = new Tower(24, 2, 3);
  private static final Tower DECODER = new Tower(16, 1, 2);
  private static final MaeConfig FIXED =
      MaeConfig.preset("mae_vit_tiny_patch16").withGeometry(24, 8, 3).withTowers(ENCODER, DECODER);
  private static final MaeConfig TRAINED =
      FIXED.withTowers(
          ENCODER.withPositions(TrainedPositions.text(random(10 * 24))),
          DECODER.withPositions(TrainedPositions.text(random(10 * 16))));

  private static float[] random(int length) {
    Random random = new Random(length);
    float[] numbers = new float[length];
    for (int i = 0; i < length; i++) {
      numbers[i] = (float) random.nextGaussian();
    }
    return numbers;
  }

  @Test
  void engineAndGraphAddThemInBothTowers() {
    MaeGraph graph = MaeGraph.create(TRAINED, new NoOp(), 0, 1);
    byte[] pixels = new byte[2 * 9 * 192];
    new Random(7).nextBytes(pixels);
    MultiDataSet batch = MaeBatch.of(TRAINED, pixels, new long[] {3, 4});
    double byGraph = graph.lossAndGradients(batch);
    graph.use(Engine.ONEDNN, Precision.FP32);
    assertThat(graph.lossAndGradients(batch)).isCloseTo(byGraph, within(1e-5 * byGraph));
    graph.closeEngine();
    double fixed = MaeGraph.create(FIXED, new NoOp(), 0, 1).lossAndGradients(batch);
    assertThat(Math.abs(fixed - byGraph)).isGreaterThan(1e-3);

    Map<String, INDArray> weights = MaeWeights.all(graph);
    try (MaeEncoder one = MaeEncoder.of(TRAINED, weights, Engine.GRAPH);
        MaeEncoder other = MaeEncoder.of(TRAINED, weights, Engine.ONEDNN)) {
      INDArray difference = one.encode(pixels, 2).sub(other.encode(pixels, 2));
      assertThat(difference.amaxNumber().doubleValue()).isLessThan(1e-4);
    }
  }

  @Test
  void theyTravelInTheGraphsJson() {
    MaeGraph graph = MaeGraph.create(TRAINED, new NoOp(), 0, 1);
    String json = graph.getConfiguration().toJson();
    assertThat(MaeArchitecture.configOf(ComputationGraphConfiguration.fromJson(json)))
        .isEqualTo(TRAINED);
    assertThat(MaeGraph.create(FIXED, new NoOp(), 0, 1).getConfiguration().toJson())
        .doesNotContain("positions");
  }

  @Test
  void theyAreTheStateDictsTables() {
    Map<String, INDArray> weights = MaeWeights.all(MaeGraph.create(TRAINED, new NoOp(), 0, 1));
    INDArray table = weights.get("decoder_pos_embed");
    assertThat(table.shape()).containsExactly(1, 10, 16);
    assertThat(table.reshape(160).toFloatVector()).isEqualTo(random(160));
  }

  @Test
  void anotherImageSizeResizesThemAndComputesFixedOnesAnew() {
    MaeConfig larger = TRAINED.withImageSize(40);
    assertThat(larger.positions(larger.encoder())).hasSize((25 + 1) * 24);
    assertThat(Arrays.copyOf(larger.positions(larger.encoder()), 24))
        .isEqualTo(Arrays.copyOf(TRAINED.positions(TRAINED.encoder()), 24));
    assertThat(TRAINED.withImageSize(24)).isSameAs(TRAINED);

    float[] halves = new float[10 * 24]; // the fixed table in bf16
    double[] table = PositionTable.of(24, 3);
    for (int i = 0; i < halves.length; i++) {
      int bits = Float.floatToRawIntBits((float) table[i]);
      halves[i] = Float.intBitsToFloat(bits + 0x8000 & 0xffff0000);
    }
    assertThat(PositionGrid.isFixed(halves, 24, 3)).isTrue();
    assertThat(PositionGrid.isExact(halves, 24, 3)).isFalse();
    MaeConfig rounded =
        FIXED.withTowers(ENCODER.withPositions(TrainedPositions.text(halves)), DECODER);
    assertThat(rounded.withImageSize(40)).isEqualTo(FIXED.withImageSize(40));
    halves[30] += 0.02f;
    assertThat(PositionGrid.isFixed(halves, 24, 3)).isFalse();
    assertThat(PositionGrid.isFixed(new float[10 * 24], 24, 3)).isFalse();
  }

  @Test
  void tablesOfAnotherGridAreRefused() {
    assertThatThrownBy(() -> TRAINED.withGeometry(40, 8, 3))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("10 rows (must be 26)");
  }
}
