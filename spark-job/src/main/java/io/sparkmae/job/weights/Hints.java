package io.sparkmae.job.weights;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Tower;
import io.sparkmae.model.file.BadWeights;
import java.util.List;

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
    for (String preset : MaeConfig.presets()) {
      Tower tower = MaeConfig.preset(preset).encoder();
      if (tower.embedDim() == dim && tower.depth() == depth) {
        return new Tower(dim, depth, heads(encoderHeads(tower.numHeads()), dim));
      }
    }
    return new Tower(dim, depth, heads(encoderHeads(dim / HEAD), dim));
  }

  private int encoderHeads(int rule) {
    int timm = json.path("model_args").path("num_heads").asInt(rule);
    return json.path("num_attention_heads").asInt(timm);
  }

  Tower decoder(int dim, int depth) throws BadWeights {
    int heads = json.path("decoder_num_attention_heads").asInt(DECODER_HEADS);
    return new Tower(dim, depth, heads(heads, dim));
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
