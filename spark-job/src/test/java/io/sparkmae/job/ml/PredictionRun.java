package io.sparkmae.job.ml;

import static java.util.stream.Collectors.joining;

import io.sparkmae.job.LocalSpark;
import java.nio.file.Path;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** Loads the pipeline in a directory and prints its predictions. */
final class PredictionRun {

  private PredictionRun() {}

  public static void main(String[] args) throws Exception {
    try (SparkSession spark = LocalSpark.on("local[1]")) {
      PipelineModel pipeline = PipelineModel.load(Path.of(args[0], "pipeline").toString());
      System.out.print(predictions(pipeline, MaeEncoderIT.files(spark, Path.of(args[0]))));
    }
  }

  /** One line an image: its path and the predicted class. */
  static String predictions(PipelineModel pipeline, Dataset<Row> files) {
    return pipeline.transform(files).select("path", "prediction").collectAsList().stream()
        .map(row -> row.get(0) + " " + row.get(1) + "\n")
        .sorted()
        .collect(joining());
  }
}
