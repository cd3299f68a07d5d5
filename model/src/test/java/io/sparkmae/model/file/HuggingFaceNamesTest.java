package io.sparkmae.model.file;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkmae.model.MaeGraph;
import io.sparkmae.model.MaeWeights;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.file.ForeignNames.Place;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
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
  void everyNameLeadsBackToItsTensor() {
    for (String name : renamed.keySet()) {
      Place place = ForeignNames.place(name).orElseThrow();
      assertThat(weights).containsKey(place.name());
      INDArray whole = weights.get(place.name());
      long rows = whole.size(0) / place.parts();
      INDArray part =
          place.parts() == 1
              ? whole
              : whole.get(NDArrayIndex.interval(place.part() * rows, (place.part() + 1) * rows));
      assertThat(renamed.get(name)).as(name).isEqualTo(part);
      assertThat(ForeignNames.place(name.replaceFirst("^vit\\.", ""))).contains(place);
    }
  }

  @Test
  void newerNamesLeadToTheSameTensors() {
    Map<String, String> newer =
        Map.of(
            "vit.layers.3.attention.k_proj.bias",
            "vit.encoder.layer.3.attention.attention.key.bias",
            "layers.3.attention.o_proj.weight",
            "vit.encoder.layer.3.attention.output.dense.weight",
            "vit.layers.0.mlp.fc1.bias",
            "vit.encoder.layer.0.intermediate.dense.bias",
            "decoder.decoder_layers.1.mlp.fc2.weight",
            "decoder.decoder_layers.1.output.dense.weight",
            "decoder.decoder_encoder.layer.2.attention.attention.query.weight",
            "decoder.decoder_layers.2.attention.attention.query.weight");
    newer.forEach(
        (name, older) ->
            assertThat(ForeignNames.place(name))
                .as(name)
                .isPresent()
                .isEqualTo(ForeignNames.place(older)));
  }

  @Test
  void theReferencesNamesAreTheirOwnPlaces() {
    weights
        .keySet()
        .forEach(name -> assertThat(ForeignNames.place(name)).contains(new Place(name, 0, 1)));
  }

  @Test
  void foreignTensorsHaveNoPlace() {
    for (String name :
        new String[] {
          "bert.pooler.weight",
          "blocks.00.norm1.weight",
          "blocks.1.ls1.gamma",
          "blocks.99999.norm1.bias",
          "norm.",
          "vit.",
          "",
          "reg_token"
        }) {
      assertThat(ForeignNames.place(name)).as(name).isEmpty();
    }
    assertThat(ForeignNames.isOfHead("head.weight")).isTrue();
    assertThat(ForeignNames.isOfHead("vit.pooler.dense.bias")).isTrue();
    assertThat(ForeignNames.isOfHead("header.weight")).isFalse();
  }
}
