package io.sparkmae.model.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkmae.model.MaeGraph;
import io.sparkmae.model.MaeWeights;
import io.sparkmae.model.config.MaeConfig;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.learning.config.NoOp;

class HuggingFaceNamesTest {

  private final MaeConfig config = MaeConfig.preset("mae_vit_tiny_patch16").withGeometry(32, 8, 3);
  private final Map<String, INDArray> weights =
      MaeWeights.all(MaeGraph.create(config, new NoOp(), 0, 1));
  private final Map<String, INDArray> renamed = HuggingFaceNames.fromReference(weights);

  @Test
  void namesAreThoseOfViTMae() {
    assertThat(renamed)
        .containsKeys(
            "vit.embeddings.cls_token",
            "vit.embeddings.position_embeddings",
            "vit.embeddings.patch_embeddings.projection.weight",
            "vit.encoder.layer.11.layernorm_before.weight",
            "vit.encoder.layer.0.attention.attention.value.bias",
            "vit.encoder.layer.0.attention.output.dense.weight",
            "vit.encoder.layer.0.intermediate.dense.weight",
            "vit.encoder.layer.0.output.dense.bias",
            "vit.layernorm.bias",
            "decoder.mask_token",
            "decoder.decoder_pos_embed",
            "decoder.decoder_embed.weight",
            "decoder.decoder_layers.3.attention.attention.query.weight",
            "decoder.decoder_norm.weight",
            "decoder.decoder_pred.bias");
    assertThat(renamed)
        .hasSize(
            weights.size() + 16 * 4); // each of 16 blocks has two tensors more for weight and bias
  }

  @Test
  void queryKeyAndValueAreTheThirdsOfQkv() {
    INDArray qkv = weights.get("blocks.2.attn.qkv.weight");
    INDArray key = renamed.get("vit.encoder.layer.2.attention.attention.key.weight");
    assertThat(key).isEqualTo(qkv.get(NDArrayIndex.interval(192, 384), NDArrayIndex.all()));
  }

  @Test
  void theWayBackGivesTheSameTensors() {
    assertThat(HuggingFaceNames.toReference(renamed)).isEqualTo(weights);
    Map<String, INDArray> bare = new LinkedHashMap<>();
    renamed.forEach((name, tensor) -> bare.put(name.replaceFirst("^vit\\.", ""), tensor));
    assertThat(HuggingFaceNames.toReference(bare)).isEqualTo(weights);
  }

  @Test
  void foreignTensorsAreRefused() {
    assertThatThrownBy(
            () -> HuggingFaceNames.toReference(Map.of("bert.pooler.weight", Nd4j.scalar(1f))))
        .hasMessageContaining("bert.pooler.weight");
  }
}
