package io.sparkmae.job;

import io.sparkmae.data.PreparedData;
import io.sparkmae.job.config.ConfigLayers;
import io.sparkmae.job.embed.Embedding;
import io.sparkmae.job.export.ModelDescription;
import io.sparkmae.job.pixels.DataPixels;
import io.sparkmae.job.probe.Accuracy;
import io.sparkmae.job.probe.ClassNames;
import io.sparkmae.job.probe.LinearProbe;
import io.sparkmae.job.probe.NearestNeighbours;
import io.sparkmae.job.run.EncoderModel;
import io.sparkmae.model.config.Pooling;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code mae probe}: measures how well frozen features tell the classes apart. */
@Command(name = "probe", description = "Measures how well frozen features tell classes apart.")
final class ProbeCommand implements Callable<Outcome> {

  private static final String RANDOM = "random:";

  /** The ways to predict the classes from the features. */
  enum Method {
    LINEAR,
    KNN;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @Option(
      names = "--model",
      required = true,
      paramLabel = "URI|random:SEED",
      description =
          "A model directory, one version in it, another library's safetensors files, or an untrained model.")
  private String model;

  @Option(
      names = "--like",
      paramLabel = "URI",
      description = "The model whose geometry random:SEED takes.")
  private String like;

  @Option(
      names = "--set",
      arity = "1..*",
      paramLabel = "KEY=VALUE",
      description = "The geometry of random:SEED, such as model.embed-dim=192.")
  private Map<String, String> settings = new LinkedHashMap<>();

  @Option(
      names = "--train",
      required = true,
      paramLabel = "URI",
      description = "Prepared data with labels.")
  private String train;

  @Option(
      names = "--test",
      required = true,
      paramLabel = "URI",
      description = "Prepared data with labels.")
  private String test;

  @Option(
      names = "--method",
      defaultValue = "linear",
      paramLabel = "linear|knn",
      description = "The classifier.")
  private Method method;

  @Option(names = "--k", defaultValue = "20", paramLabel = "N", description = "Neighbours of knn.")
  private int k;

  @Option(
      names = "--pooling",
      defaultValue = "cls",
      paramLabel = "cls|mean",
      description = "The class token, or the mean of the patches.")
  private Pooling pooling;

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
      description = "Images at a time.")
  private int batchSize;

  /**
   * The command's result line.
   *
   * @param top1 share of the test images whose class came first
   * @param top5 share whose class was among the first five
   */
  record Result(String model, String method, double top1, double top5, long rows) {}

  @Override
  public Outcome call() throws IOException {
    EncoderModel encoder = encoder(Sessions.hadoop()).at(imageSize);
    SparkSession spark = Sessions.open("probe");
    // refused before any feature is computed; counted and used, so computed once
    Dataset<Row> unseen = classNames().asTrained(features(spark, encoder, test)).cache();
    Dataset<Row> seen = features(spark, encoder, train).cache();
    try {
      Accuracy accuracy =
          judge(Accuracy.labelled(seen, "train"), Accuracy.labelled(unseen, "test"));
      return Outcome.done(
          new Result(model, method.toString(), accuracy.top1(), accuracy.top5(), accuracy.rows()));
    } finally {
      seen.unpersist();
      unseen.unpersist();
    }
  }

  private ClassNames classNames() {
    Configuration hadoop = Sessions.hadoop();
    return new ClassNames(
        PreparedData.open(train, hadoop).classes(), PreparedData.open(test, hadoop).classes());
  }

  private Dataset<Row> features(SparkSession spark, EncoderModel encoder, String data)
      throws IOException {
    return Embedding.features(
        spark,
        encoder.config(),
        encoder.normalisation(),
        encoder.weights(),
        data,
        pooling,
        batchSize);
  }

  private Accuracy judge(Dataset<Row> seen, Dataset<Row> unseen) {
    return switch (method) {
      case KNN -> NearestNeighbours.probe(seen, unseen, k);
      case LINEAR -> LinearProbe.probe(seen, unseen);
    };
  }

  private EncoderModel encoder(Configuration hadoop) throws IOException {
    if (!model.startsWith(RANDOM)) {
      return EncoderModel.of(model, hadoop);
    }
    return EncoderModel.untrained(geometry(hadoop), seed());
  }

  private ModelDescription geometry(Configuration hadoop) throws IOException {
    if (like == null && settings.isEmpty()) {
      throw new IllegalArgumentException(
          "No geometry for " + model + " (give --like MODEL, or --set model.name=NAME and more)");
    }
    if (like != null) {
      return EncoderModel.description(like, hadoop);
    }
    ModelDescription model = ConfigLayers.model(settings, hadoop);
    PreparedData data = PreparedData.open(train, hadoop);
    return new ModelDescription(
        model.name(), model.config(), DataPixels.normalisation(data, model.config()));
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
