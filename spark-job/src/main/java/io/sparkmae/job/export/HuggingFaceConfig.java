package io.sparkmae.job.export;

import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Tower;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The {@code config.json} of transformers' ViTMAE classes; ViTModel reads the same keys. */
final class HuggingFaceConfig {

  private HuggingFaceConfig() {}

  static Map<String, Object> of(MaeConfig config, boolean withDecoder) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("architectures", List.of(withDecoder ? "ViTMAEForPreTraining" : "ViTMAEModel"));
    json.put("model_type", "vit_mae");
    json.put("image_size", config.imageSize());
    json.put("patch_size", config.patchSize());
    json.put("num_channels", config.channels());
    putTower(json, "", config.encoder(), config);
    putTower(json, "decoder_", config.decoder(), config);
    json.put("qkv_bias", true);
    json.put("hidden_act", "gelu");
    json.put("hidden_dropout_prob", 0.0);
    json.put("attention_probs_dropout_prob", 0.0);
    json.put("initializer_range", 0.02);
    json.put("layer_norm_eps", config.layerNormEps());
    json.put("mask_ratio", config.maskRatio());
    json.put("norm_pix_loss", config.normPixLoss());
    json.put("torch_dtype", "float32");
    return json;
  }

  private static void putTower(
      Map<String, Object> json, String prefix, Tower tower, MaeConfig config) {
    json.put(prefix + "hidden_size", tower.embedDim());
    json.put(prefix + "num_hidden_layers", tower.depth());
    json.put(prefix + "num_attention_heads", tower.numHeads());
    json.put(prefix + "intermediate_size", config.hiddenDim(tower));
  }
}
