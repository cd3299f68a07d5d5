package io.sparkmae.job;

import io.sparkmae.job.config.RunConfig;
import io.sparkmae.job.embed.Embedding;
import io.sparkmae.job.embed.Pooling;
import io.sparkmae.job.run.EncoderModel;
import io.sparkmae.job.run.PretrainResult;
import io.sparkmae.job.run.PretrainRun;
import java.io.IOException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** The trainer's jobs, for the commands. */
final class ModelCalls {

  private ModelCalls() {}

  /**
   * Trains, and writes versions into the model directory {@code output}; returns the result line.
   */
  static PretrainResult pretrain(SparkSession spark, RunConfig run, String output, boolean resume)
      throws IOException {
    return new PretrainRun(spark, run, output).train(resume);
  }

  /**
   * Returns features of prepared data with all patches visible: key string, label long, features
   * array of float.
   */
  static Dataset<Row> embed(
      SparkSession spark, EncoderModel encoder, String data, Pooling pooling, int batchSize)
      throws IOException {
    return Embedding.features(spark, encoder.config(), encoder.weights(), data, pooling, batchSize);
  }
}
