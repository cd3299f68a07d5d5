package io.sparkmae.job.export;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkmae.data.image.CentreCrop;
import io.sparkmae.job.store.Content;
import io.sparkmae.job.store.Json;
import io.sparkmae.job.store.StoredFile;
import io.sparkmae.model.MaeGraph;
import io.sparkmae.model.MaeWeights;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.MaskSampling;
import io.sparkmae.model.config.Tower;
import io.sparkmae.model.file.Safetensors;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.NoOp;

class ExportLayoutTest {

  private static final MaeConfig CONFIG =
      MaeConfig.preset("mae_vit_tiny_patch16")
          .withGeometry(16, 8, 3)
          .withTowers(new Tower(8, 1, 2), new Tower(4, 1, 1));
  private static final ModelDescription MODEL =
      new ModelDescription("mae_vit_tiny_patch16", CONFIG);
  private static final Map<String, INDArray> WEIGHTS =
      MaeWeights.all(MaeGraph.create(CONFIG, new NoOp(), 0, 1));

  private final Map<String, byte[]> files = new HashMap<>();

  @Test
  void timmGetsTheEncoderAlone() throws IOException {
    ExportLayout.TIMM.write(MODEL, WEIGHTS, this::keep);
    Safetensors weights = weights();
    assertThat(weights.metadata()).containsEntry("format", "pt");
    assertThat(weights.tensors())
        .containsKeys("cls_token", "pos_embed", "blocks.0.attn.qkv.weight");
    assertThat(weights.tensors().keySet())
        .noneMatch(n -> n.contains("decoder") || n.contains("mask"));
    JsonNode config = json("config.json");
    assertThat(config.path("architecture").asText()).isEqualTo("vit_tiny_patch16_224");
    assertThat(config.path("model_args").path("embed_dim").asInt()).isEqualTo(8);
  }

  @Test
  void timmsConfigTellsTheWholeGeometry() throws IOException {
    ExportLayout.TIMM.write(MODEL, WEIGHTS, this::keep);
    ModelDescription read =
        ModelDescription.read(new ByteArrayInputStream(files.get("config.json")));
    assertThat(read).isEqualTo(MODEL);
  }

  @Test
  void aDescriptionTellsOnlyOfMasksThatAreNotRandom() throws IOException {
    ExportLayout.TIMM.write(MODEL, WEIGHTS, this::keep);
    assertThat(json("config.json").path("mae").path("config").has("mask_sampling")).isFalse();
    ModelDescription grid =
        new ModelDescription("model", CONFIG.withMaskSampling(MaskSampling.GRID));
    ExportLayout.TIMM.write(grid, WEIGHTS, this::keep);
    assertThat(ModelDescription.read(new ByteArrayInputStream(files.get("config.json"))))
        .isEqualTo(grid);
  }

  @Test
  void transformersGetItsOwnNames() throws IOException {
    ExportLayout.HUGGINGFACE.write(MODEL, WEIGHTS, this::keep);
    assertThat(weights().tensors())
        .containsKeys(
            "vit.embeddings.cls_token",
            "vit.encoder.layer.0.attention.attention.query.weight",
            "decoder.decoder_layers.0.attention.attention.value.bias");
    JsonNode config = json("config.json");
    assertThat(config.path("model_type").asText()).isEqualTo("vit_mae");
    assertThat(config.path("layer_norm_eps").asDouble()).isEqualTo(1e-6);
    assertThat(config.path("decoder_intermediate_size").asInt()).isEqualTo(16);
    assertThat(json("preprocessor_config.json").path("image_mean").get(0).asDouble())
        .isEqualTo(0.485);
  }

  private StoredFile keep(String name, Content content) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    content.writeTo(out);
    files.put(name, out.toByteArray());
    return new StoredFile(name, out.size(), "");
  }

  private Safetensors weights() throws IOException {
    return Safetensors.read(new ByteArrayInputStream(files.get(ExportLayout.WEIGHTS)));
  }

  /** timm resizes the short side to ⌊size ÷ crop_pct⌋, as an embedding does. */
  @Test
  void timmFindsOurShortSideForEverySize() {
    for (int size = 4; size <= 2048; size++) {
      assertThat((int) Math.floor(size / TimmConfig.cropShare(size)))
          .as("size %d", size)
          .isEqualTo(CentreCrop.shortSide(size));
    }
  }

  @Test
  void transformersCropsWhatAnEmbeddingCrops() {
    MaeConfig config = MaeConfig.preset("mae_vit_base_patch16").withGeometry(384, 16, 3);

    assertThat(Preprocessor.of(new ModelDescription("mae_vit_tiny_patch16", config)))
        .containsEntry("size", Map.of("shortest_edge", 439))
        .containsEntry("crop_size", Map.of("height", 384, "width", 384))
        .containsEntry("do_center_crop", true)
        .containsEntry("resample", 3);
  }

  private JsonNode json(String name) throws IOException {
    return Json.read(new ByteArrayInputStream(files.get(name)), JsonNode.class);
  }
}
