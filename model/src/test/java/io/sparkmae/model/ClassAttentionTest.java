package io.sparkmae.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Pooling;
import io.sparkmae.model.config.Tower;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class ClassAttentionTest {

  private static final MaeConfig TINY = EngineTest.TINY;

  /** {@code vit_cls_attention} is the softmax of the last block of PyTorch, in double. */
  @Test
  void everyHeadIsPyTorchs() throws Exception {
    INDArray expected =
        ClassifierGolden.of("vit_cls_attention").get("class_attention"); // [4, heads, L + 1]
    INDArray images = ClassifierGolden.of(Pooling.CLS).patches();
    ClassAttention attention = new ClassAttention(TINY, weights());
    for (int n = 0; n < images.size(0); n++) {
      double[][] heads = attention.of(images.slice(n).reshape(1, TINY.tokens(), 192).dup('c'));
      assertThat(heads.length).isEqualTo(3);
      for (int head = 0; head < heads.length; head++) {
        double[] wanted = expected.slice(n).getRow(head).toDoubleVector();
        assertThat(heads[head]).containsExactly(wanted, within(1e-6));
        assertThat(Arrays.stream(heads[head]).sum()).isCloseTo(1, within(1e-12));
      }
    }
  }

  @Test
  void anEncoderOfOneBlockLooksAtTheEmbeddedPatches() {
    MaeConfig one = TINY.withTowers(new Tower(48, 1, 3), TINY.decoder());
    INDArray images = Nd4j.rand(1, one.tokens(), 192);
    Map<String, INDArray> weights = weights();
    weights.keySet().removeIf(name -> name.startsWith("blocks.1."));
    weights.replaceAll((name, w) -> name.startsWith("blocks.0.attn.qkv") ? w.mul(0) : w);
    for (double[] head : new ClassAttention(one, weights).of(images)) {
      assertThat(Arrays.stream(head)).allMatch(share -> Math.abs(share - 1.0 / 17) < 1e-12);
    }
  }

  private static Map<String, INDArray> weights() {
    return ClassifierGolden.of(Pooling.CLS).parameters();
  }
}
