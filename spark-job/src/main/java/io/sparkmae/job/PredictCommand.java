package io.sparkmae.job;

import io.sparkmae.data.PreparedData;
import io.sparkmae.job.classify.Predictions;
import io.sparkmae.job.classify.TopClasses;
import io.sparkmae.job.pixels.DataPixels;
import io.sparkmae.job.run.ClassifierModel;
import io.sparkmae.job.spark.Sessions;
import io.sparkmae.job.store.Directory;
import io.sparkmae.model.config.Normalisation;
import java.io.IOException;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code mae predict}: writes the most probable classes of each image as Parquet. */
@Command(name = "predict", description = "Writes the classes of images as Parquet.")
final class PredictCommand implements Callable<Outcome> {

  @Option(
      names = "--model",
      required = true,
      paramLabel = "URI",
      description = "A model directory that finetune wrote, or one version in it.")
  private String model;

  @Option(
      names = "--data",
      required = true,
      paramLabel = "URI",
      description = "A prepared data set; labels are not needed.")
  private String data;

  @Option(
      names = "--output",
      required = true,
      paramLabel = "URI",
      description = "A directory that is not there yet.")
  private String output;

  @Option(
      names = "--top",
      defaultValue = "5",
      paramLabel = "N",
      description = "Classes of an image that are written.")
  private int top;

  @Option(
      names = "--batch-size",
      defaultValue = "32",
      paramLabel = "N",
      description = "Images at a time.")
  private int batchSize;

  /**
   * The command's result line.
   *
   * @param predictions the Parquet directory: path string, class string, probability float, top
   *     array of (class string, probability float)
   */
  record Result(String predictions, String version, long rows, int classes) {}

  @Override
  public Outcome call() throws IOException {
    Configuration hadoop = Sessions.hadoop();
    Directory.requireNew(output, hadoop);
    ClassifierModel classifier = ClassifierModel.of(model, hadoop);
    TopClasses classes = new TopClasses(classifier.description().classes(), top);
    PreparedData images = PreparedData.open(data, hadoop);
    DataPixels.requireSame(images, Normalisation.IMAGENET);
    SparkSession spark = Sessions.open("predict");
    try (Predictions predictions =
        new Predictions(
            spark, classifier.description().config(), classifier.weights(), images, batchSize)) {
      classes.of(predictions.rows()).write().parquet(output);
    }
    long rows = spark.read().parquet(output).count();
    int count = classifier.description().classes().size();
    return Outcome.done(new Result(output, classifier.version(), rows, count));
  }
}
