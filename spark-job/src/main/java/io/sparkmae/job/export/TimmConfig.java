package io.sparkmae.job.export;

import io.sparkmae.data.image.CentreCrop;
import io.sparkmae.model.config.MaeConfig;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The {@code config.json} that timm reads from the hub or a local directory. */
final class TimmConfig {

  private static final double ROUNDING = 1e-3; // of a pixel

  private TimmConfig() {}

  static Map<String, Object> of(ModelDescription model) {
    MaeConfig config = model.config();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("architecture", model.name().replaceFirst("^mae_", "") + "_224");
    json.put("num_classes", 0);
    json.put("num_features", config.encoder().embedDim());
    json.put("global_pool", "token");
    json.put("model_args", arguments(config));
    json.put("pretrained_cfg", pretrained(model));
    json.put(ModelDescription.SECTION, model);
    return json;
  }

  static Map<String, Object> arguments(MaeConfig config) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("img_size", config.imageSize());
    json.put("patch_size", config.patchSize());
    json.put("in_chans", config.channels());
    json.put("embed_dim", config.encoder().embedDim());
    json.put("depth", config.encoder().depth());
    json.put("num_heads", config.encoder().numHeads());
    json.put("mlp_ratio", config.mlpRatio());
    return json;
  }

  /** Returns a share by which timm finds the same short side: it rounds size ÷ share down. */
  static double cropShare(int imageSize) {
    return imageSize / (CentreCrop.shortSide(imageSize) + ROUNDING);
  }

  static Map<String, Object> pretrained(ModelDescription model) {
    MaeConfig config = model.config();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("num_classes", 0);
    json.put("input_size", List.of(config.channels(), config.imageSize(), config.imageSize()));
    json.put("fixed_input_size", true);
    json.put("interpolation", "bicubic");
    json.put("crop_pct", cropShare(config.imageSize()));
    json.put("mean", model.normalisation().mean());
    json.put("std", model.normalisation().deviation());
    json.put("first_conv", "patch_embed.proj");
    json.put("classifier", "head");
    return json;
  }
}
