package io.sparkmae.job.embed;

import io.sparkmae.data.PreparedData;
import io.sparkmae.data.image.CentreCrop;
import io.sparkmae.data.image.CropRange;
import io.sparkmae.data.image.RandomCrop;
import io.sparkmae.job.pixels.DataPixels;
import io.sparkmae.model.config.FeaturePooling;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Normalisation;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.SerializableConfiguration;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Computes features of all images of prepared data sets, with all patches visible. */
public final class Embedding {

  private static final StructType SCHEMA =
      StructType.fromDDL(
          "key STRING NOT NULL, label BIGINT NOT NULL, features ARRAY<FLOAT> NOT NULL");

  private final SparkSession spark;
  private final MaeConfig config;
  private final Normalisation normalisation;
  private final Inference.Opener network;
  private final int batchSize;

  private Embedding(
      SparkSession spark,
      MaeConfig config,
      Normalisation normalisation,
      Inference.Opener network,
      int batchSize) {
    this.spark = spark;
    this.config = config;
    this.normalisation = normalisation;
    this.network = network;
    this.batchSize = batchSize;
  }

  /**
   * Returns an embedding by an encoder, which it sends to the executors.
   *
   * @param normalisation of the images that the model was trained on
   * @param weights the encoder's weights, by the reference's names
   */
  public static Embedding of(
      SparkSession spark,
      MaeConfig config,
      Normalisation normalisation,
      Map<String, INDArray> weights,
      FeaturePooling pooling,
      int batchSize) {
    Broadcast<Map<String, INDArray>> everywhere =
        context(spark).broadcast(new LinkedHashMap<>(weights));
    return new Embedding(
        spark,
        config,
        normalisation,
        () -> new Features(config, normalisation, everywhere.value(), pooling),
        batchSize);
  }

  /** Returns an embedding whose features are the normalised pixels themselves. */
  public static Embedding ofPixels(
      SparkSession spark, MaeConfig config, Normalisation normalisation, int batchSize) {
    return new Embedding(
        spark, config, normalisation, () -> new PixelFeatures(config, normalisation), batchSize);
  }

  /**
   * Returns the features of the centre of each image of a prepared data set, {@code uri}. They are
   * computed lazily, and again at each use.
   *
   * @return columns key string, label long (−1 where there is none), features array of float
   *     [embedDim]
   */
  public Dataset<Row> features(String uri) {
    return spark.createDataFrame(inference(uri).rows(context(spark), network), SCHEMA);
  }

  /**
   * Returns the features of a random crop of each image, in an order that the epoch decides: key,
   * label, features as float[]. They are computed lazily, and again at each use.
   *
   * @param scaleMin smallest share of an image's area that a crop takes
   */
  public JavaRDD<Row> crops(String uri, long seed, int epoch, double scaleMin) {
    CropRange paper = CropRange.PRETRAINING;
    CropRange range = new CropRange(scaleMin, paper.maxScale(), paper.minRatio(), paper.maxRatio());
    RandomCrop crop = new RandomCrop(config.imageSize(), config.patchSize(), seed, epoch, 0, range);
    return inference(uri).crops(context(spark), network, crop);
  }

  private Inference inference(String uri) {
    Configuration hadoop = spark.sparkContext().hadoopConfiguration();
    PreparedData data = PreparedData.open(uri, hadoop);
    DataPixels.requireSame(data, normalisation);
    return new Inference(
        data,
        new CentreCrop(config.imageSize(), config.patchSize()),
        batchSize,
        new SerializableConfiguration(hadoop));
  }

  private static JavaSparkContext context(SparkSession spark) {
    return JavaSparkContext.fromSparkContext(spark.sparkContext());
  }
}
