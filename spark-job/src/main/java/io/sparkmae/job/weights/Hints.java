package io.sparkmae.job.weights;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Tower;
import io.sparkmae.model.file.BadWeights;
import java.util.List;
import java.util.function.Function;

/**
 * What a {@code config.json} of transformers or timm says and the tensors' shapes do not.
 *
 * @param json empty where there is no such file
 */
record Hints(JsonNode json) {

  private static final int HEAD = 64; // width of a head in every ViT but ViT-H
  private static final int DECODER_HEADS = 16; // of the reference
  private static final List<String> EXACT_GELU = List.of("gelu", "gelu_python");

  /** Checks what no shape shows and the encoder cannot do otherwise. */
  void check(int dim) throws BadWeights {
    String activation = json.path("hidden_act").asText("gelu");
    if (!EXACT_GELU.contains(activation)) {
      throw new BadWeights("its hidden_act is %s (must be gelu)".formatted(activation));
    }
    int hidden = json.path("hidden_size").asInt(dim);
    if (hidden != dim) {
      throw new BadWeights(
          "its config.json says hidden_size %d and its tensors %d".formatted(hidden, dim));
    }
  }

  Tower encoder(int dim, int depth) throws BadWeights {
    int rule = rule(MaeConfig::encoder, dim, depth, dim / HEAD);
    int timm = json.path("model_args").path("num_heads").asInt(rule);
    return new Tower(dim, depth, heads(json.path("num_attention_heads").asInt(timm), dim));
  }

  Tower decoder(int dim, int depth) throws BadWeights {
    int rule = rule(MaeConfig::decoder, dim, depth, DECODER_HEADS);
    return new Tower(dim, depth, heads(json.path("decoder_num_attention_heads").asInt(rule), dim));
  }

  /** Returns the heads of the preset with such a tower; {@code other} if there is none. */
  private static int rule(Function<MaeConfig, Tower> tower, int dim, int depth, int other) {
    return MaeConfig.presets().stream()
        .map(name -> tower.apply(MaeConfig.preset(name)))
        .filter(preset -> preset.embedDim() == dim && preset.depth() == depth)
        .mapToInt(Tower::numHeads)
        .findFirst()
        .orElse(other);
  }

  private static int heads(int heads, int dim) throws BadWeights {
    if (heads < 1 || dim % heads != 0) {
      throw new BadWeights(
          "its number of heads is unknown: %d do not divide the width %d (put a config.json with num_attention_heads and decoder_num_attention_heads beside it)"
              .formatted(heads, dim));
    }
    return heads;
  }

  double layerNormEps(double usual) {
    return json.path("layer_norm_eps").asDouble(usual);
  }

  double maskRatio(double usual) {
    return json.path("mask_ratio").asDouble(usual);
  }

  boolean normPixLoss() {
    return json.path("norm_pix_loss").asBoolean(false);
  }
}
