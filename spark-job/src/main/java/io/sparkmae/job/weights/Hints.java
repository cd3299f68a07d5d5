package io.sparkmae.job.weights;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Normalisation;
import io.sparkmae.model.config.Tower;
import io.sparkmae.model.file.BadWeights;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;

/**
 * What a {@code config.json} of transformers or timm says and the tensors' shapes do not.
 *
 * @param json missing where there is no such file
 * @param preprocessor transformers' {@code preprocessor_config.json}; missing where there is none
 */
record Hints(JsonNode json, JsonNode preprocessor) {

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

  /** Returns what images are normalised by: what a file says, else ImageNet's, or the middle. */
  Normalisation normalisation(int channels) throws BadWeights {
    JsonNode timm = json.path("pretrained_cfg");
    List<Double> mean = numbers(timm.path("mean"), preprocessor.path("image_mean"));
    List<Double> deviation = numbers(timm.path("std"), preprocessor.path("image_std"));
    if (mean.size() != channels || deviation.size() != channels) {
      return unsaid(channels);
    }
    try {
      return new Normalisation(255, mean, deviation);
    } catch (IllegalArgumentException e) {
      throw new BadWeights(e.getMessage(), e);
    }
  }

  private static Normalisation unsaid(int channels) {
    if (channels == Normalisation.IMAGENET.channels()) {
      return Normalisation.IMAGENET;
    }
    System.err.printf(
        "mean and deviation of its %d channels are not said and taken as 0.5 (put image_mean and image_std into a preprocessor_config.json beside it)%n",
        channels);
    List<Double> middle = Collections.nCopies(channels, 0.5);
    return new Normalisation(255, middle, middle);
  }

  private static List<Double> numbers(JsonNode first, JsonNode second) {
    List<Double> numbers = new ArrayList<>();
    (first.isArray() ? first : second).forEach(number -> numbers.add(number.asDouble()));
    return numbers;
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
