package io.sparkmae.job;

import io.sparkmae.data.PreparedData;
import io.sparkmae.job.config.ConfigLayers;
import io.sparkmae.job.embed.Embedding;
import io.sparkmae.job.export.ModelDescription;
import io.sparkmae.job.pixels.DataPixels;
import io.sparkmae.job.run.EncoderModel;
import io.sparkmae.model.config.FeaturePooling;
import io.sparkmae.model.config.MaeConfig;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of {@code probe} that say what the features are. */
final class ProbedFeatures {

  private static final String RANDOM = "random:";
  private static final String PIXELS = "pixels";
  private static final String SMALLEST = "mae_vit_tiny_patch16";

  @Option(
      names = "--model",
      required = true,
      paramLabel = "URI|random:SEED|pixels",
      description =
          "A model directory, one version in it, another library's safetensors files; or a floor: an untrained model, or the images' pixels.")
  private String model;

  @Option(
      names = "--like",
      paramLabel = "URI",
      description = "The model whose geometry random:SEED and pixels take.")
  private String like;

  @Option(
      names = "--set",
      arity = "1..*",
      paramLabel = "KEY=VALUE",
      description = "The geometry of random:SEED and pixels, such as model.embed-dim=192.")
  private Map<String, String> settings = new LinkedHashMap<>();

  /** The options that say how an encoder sees images. */
  static final class ViewOptions {

    @Option(
        names = "--pooling",
        defaultValue = "cls",
        paramLabel = "cls|mean",
        description = "The class token, or the mean of the patches.")
    private FeaturePooling pooling;

    @Option(
        names = "--image-size",
        defaultValue = "0",
        paramLabel = "PIXELS",
        description = "Side of the images; 0 for what the model was trained at.")
    private int imageSize;

    @Option(
        names = "--batch-size",
        defaultValue = "32",
        paramLabel = "N",
        description = "Images that an encoder sees at a time.")
    private int batchSize;

    /** Returns the encoder for images of the size that was asked for. */
    EncoderModel sized(EncoderModel encoder) {
      return encoder.at(imageSize);
    }

    Embedding embedding(SparkSession spark, EncoderModel encoder) {
      return Embedding.of(
          spark, encoder.config(), encoder.normalisation(), encoder.weights(), pooling, batchSize);
    }
  }

  @Mixin private ViewOptions view;

  /** Returns the text of {@code --model}. */
  String model() {
    return model;
  }

  /**
   * Reads the model.
   *
   * @param train prepared data whose pixels a model without a description has
   * @return makes the embedding, when Spark is there
   */
  Function<SparkSession, Embedding> read(String train, Configuration hadoop) throws IOException {
    if (model.equals(PIXELS)) {
      ModelDescription geometry = geometry(train, hadoop);
      MaeConfig config =
          view.imageSize == 0 ? geometry.config() : geometry.config().withImageSize(view.imageSize);
      return spark -> Embedding.ofPixels(spark, config, geometry.normalisation(), view.batchSize);
    }
    EncoderModel encoder =
        view.sized(
            model.startsWith(RANDOM)
                ? EncoderModel.untrained(geometry(train, hadoop), seed())
                : EncoderModel.of(model, hadoop));
    return spark -> view.embedding(spark, encoder);
  }

  private ModelDescription geometry(String train, Configuration hadoop) throws IOException {
    if (like != null) {
      return EncoderModel.description(like, hadoop);
    }
    Map<String, String> given = new LinkedHashMap<>(settings);
    if (model.equals(PIXELS) && view.imageSize > 0) {
      given.putIfAbsent("model.name", SMALLEST); // of which nothing but patches is taken
    }
    if (given.isEmpty()) {
      throw new IllegalArgumentException(
          "No geometry for %s (give --like MODEL, or --set model.name=NAME and more%s)"
              .formatted(model, model.equals(PIXELS) ? ", or --image-size" : ""));
    }
    PreparedData data = PreparedData.open(train, hadoop);
    if (model.equals(PIXELS)) {
      given.putIfAbsent("model.channels", String.valueOf(data.manifest().pixels().channels()));
    }
    ModelDescription described = ConfigLayers.model(given, hadoop);
    return new ModelDescription(
        described.name(), described.config(), DataPixels.normalisation(data, described.config()));
  }

  private long seed() {
    try {
      return Long.parseLong(model.substring(RANDOM.length()));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "Invalid model: " + model + " (must be random: and a whole number)", e);
    }
  }
}
