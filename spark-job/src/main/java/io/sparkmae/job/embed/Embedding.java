package io.sparkmae.job.embed;

import io.sparkmae.data.PreparedData;
import io.sparkmae.data.image.CentreCrop;
import io.sparkmae.job.pixels.DataPixels;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Normalisation;
import io.sparkmae.model.config.Pooling;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.SerializableConfiguration;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Computes features of all images of a prepared data set: of the centre of each image, with all
 * patches visible.
 */
public final class Embedding {

  private static final StructType SCHEMA =
      StructType.fromDDL(
          "key STRING NOT NULL, label BIGINT NOT NULL, features ARRAY<FLOAT> NOT NULL");

  private Embedding() {}

  /**
   * Returns the features of a prepared data set, {@code uri}. They are computed lazily, and again
   * at each use.
   *
   * @param normalisation of the images that the model was trained on
   * @param weights the encoder's weights, by the reference's names
   * @return columns key string, label long (−1 where there is none), features array of float
   *     [embedDim]
   */
  public static Dataset<Row> features(
      SparkSession spark,
      MaeConfig config,
      Normalisation normalisation,
      Map<String, INDArray> weights,
      String uri,
      Pooling pooling,
      int batchSize) {
    Configuration hadoop = spark.sparkContext().hadoopConfiguration();
    PreparedData data = PreparedData.open(uri, hadoop);
    DataPixels.requireSame(data, normalisation);
    Inference inference =
        new Inference(
            data,
            new CentreCrop(config.imageSize(), config.patchSize()),
            batchSize,
            new SerializableConfiguration(hadoop));
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    Broadcast<Map<String, INDArray>> everywhere = context.broadcast(new LinkedHashMap<>(weights));
    return spark.createDataFrame(
        inference.rows(
            context, () -> new Features(config, normalisation, everywhere.value(), pooling)),
        SCHEMA);
  }
}
