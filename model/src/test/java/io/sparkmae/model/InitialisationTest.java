package io.sparkmae.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.sparkmae.model.config.MaeConfig;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.NoOp;

class InitialisationTest {

  private static final MaeConfig TINY = MaeConfig.preset("mae_vit_tiny_patch16");

  private final Map<String, INDArray> params = graph(5).parameters();

  private static MaeGraph graph(long seed) {
    return MaeGraph.create(TINY, new NoOp(), 0, seed);
  }

  @Test
  void matricesAreXavierUniform() {
    isUniformWithin("patch_embed.proj.weight", Math.sqrt(6.0 / (192 + 768)));
    isUniformWithin(
        "blocks.3.attn.qkv.weight", Math.sqrt(6.0 / (192 + 3 * 192))); // fused: one matrix
    isUniformWithin("blocks.3.mlp.fc1.weight", Math.sqrt(6.0 / (192 + 768)));
    isUniformWithin("decoder_pred.weight", Math.sqrt(6.0 / (128 + 768)));
    isUniformWithin(
        "patch_embed.proj.bias", 1 / Math.sqrt(768)); // a convolution's default, not zero
  }

  private void isUniformWithin(String name, double bound) {
    INDArray values = params.get(name);
    assertThat(values.amaxNumber().doubleValue()).as(name).isBetween(0.95 * bound, bound);
    assertThat(values.stdNumber().doubleValue())
        .isCloseTo(bound / Math.sqrt(3), within(0.1 * bound));
  }

  @Test
  void tokensAreNormalBiasesZeroAndNormsOne() {
    assertThat(params.get("cls_token").stdNumber().doubleValue()).isCloseTo(0.02, within(0.004));
    assertThat(params.get("mask_token").stdNumber().doubleValue()).isCloseTo(0.02, within(0.004));
    assertThat(params.get("blocks.0.attn.qkv.bias").amaxNumber().doubleValue()).isZero();
    assertThat(params.get("norm.weight").toDoubleVector()).containsOnly(1);
    assertThat(params.get("norm.bias").toDoubleVector()).containsOnly(0);
  }

  @Test
  void sameSeedGivesTheSameBits() {
    assertThat(graph(5).paramsSha256()).isEqualTo(graph(5).paramsSha256());
    assertThat(graph(5).paramsSha256()).isNotEqualTo(graph(6).paramsSha256());
  }
}
