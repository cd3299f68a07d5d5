package io.sparkmae.job;

import io.sparkmae.job.run.EncoderModel;
import io.sparkmae.job.spark.Sessions;
import io.sparkmae.job.store.Directory;
import java.io.IOException;
import java.util.concurrent.Callable;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code mae embed}: writes each image's features, all patches visible, as Parquet. */
@Command(name = "embed", description = "Writes the features of images as Parquet.")
final class EmbedCommand implements Callable<Outcome> {

  @Option(
      names = "--model",
      required = true,
      paramLabel = "URI",
      description = "A model directory, one version in it, or another library's safetensors files.")
  private String model;

  @Option(
      names = "--data",
      required = true,
      paramLabel = "URI",
      description = "A prepared data set.")
  private String data;

  @Option(
      names = "--output",
      required = true,
      paramLabel = "URI",
      description = "A directory that is not there yet.")
  private String output;

  @Mixin private ProbedFeatures.ViewOptions view;

  /**
   * The command's result line.
   *
   * @param features the Parquet directory: key string, label long, features array of float
   */
  record Result(String features, long rows, int dim) {}

  @Override
  public Outcome call() throws IOException {
    Directory.requireNew(output, Sessions.hadoop());
    EncoderModel encoder = view.sized(EncoderModel.of(model, Sessions.hadoop()));
    SparkSession spark = Sessions.open("embed");
    Dataset<Row> features = view.embedding(spark, encoder).features(data);
    features.write().parquet(output);
    long rows = spark.read().parquet(output).count();
    return Outcome.done(new Result(output, rows, encoder.config().encoder().embedDim()));
  }
}
