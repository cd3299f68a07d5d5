package io.sparkmae.job;

import io.sparkmae.job.embed.Embedding;
import io.sparkmae.job.store.ModelVersion;
import io.sparkmae.job.train.Pretraining;
import io.sparkmae.job.train.Trained;
import io.sparkmae.model.MaeGraph;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** The trainer's jobs, as the commands call them. */
final class ModelCalls {

  private ModelCalls() {}

  /** Trains, writes a version into the model directory {@code output}; the result line. */
  static PretrainResult pretrain(SparkSession spark, RunConfig run, String output)
      throws IOException {
    Trained trained = Pretraining.train(spark, run);
    return TrainedVersion.write(trained, run, output, spark.sparkContext().hadoopConfiguration());
  }

  /** The whole trained graph of a version. */
  static MaeGraph graph(ModelVersion version) throws IOException {
    try (InputStream in = new BufferedInputStream(version.open(TrainedVersion.GRAPH), 1 << 16)) {
      return MaeGraph.restore(in);
    }
  }

  /**
   * Features of prepared data, all patches visible: key string, label long, features array of
   * float.
   */
  static Dataset<Row> embed(
      SparkSession spark, EncoderModel encoder, String data, Pooling pooling, int batchSize)
      throws IOException {
    return Embedding.features(spark, encoder.config(), encoder.weights(), data, pooling, batchSize);
  }
}
