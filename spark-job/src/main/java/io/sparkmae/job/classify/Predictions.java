package io.sparkmae.job.classify;

import io.sparkmae.data.PreparedData;
import io.sparkmae.data.image.BadData;
import io.sparkmae.data.image.CentreCrop;
import io.sparkmae.job.embed.Inference;
import io.sparkmae.job.probe.ClassNames;
import io.sparkmae.model.classify.Classifier;
import io.sparkmae.model.config.ClassifierConfig;
import java.util.LinkedHashMap;
import java.util.List;
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
 * A classifier's probabilities of all images of a prepared data set, each seen as {@link
 * CentreCrop} shows it. Closing it frees the weights on the executors.
 */
public final class Predictions implements AutoCloseable {

  private static final StructType SCHEMA =
      StructType.fromDDL(
          "key STRING NOT NULL, label BIGINT NOT NULL, probabilities ARRAY<FLOAT> NOT NULL");

  private final SparkSession spark;
  private final ClassifierConfig config;
  private final Broadcast<Map<String, INDArray>> weights;
  private final PreparedData data;
  private final int batchSize;

  /**
   * Sends a classifier to the executors.
   *
   * @param weights by timm's names
   */
  public Predictions(
      SparkSession spark,
      ClassifierConfig config,
      Map<String, INDArray> weights,
      PreparedData data,
      int batchSize) {
    this.spark = spark;
    this.config = config;
    this.weights = context().broadcast(new LinkedHashMap<>(weights));
    this.data = data;
    this.batchSize = batchSize;
  }

  private JavaSparkContext context() {
    return JavaSparkContext.fromSparkContext(spark.sparkContext());
  }

  /**
   * Returns the rows, computed lazily: key string, label long (−1 where there is none),
   * probabilities array of float [classes].
   */
  public Dataset<Row> rows() {
    Configuration hadoop = spark.sparkContext().hadoopConfiguration();
    Inference inference =
        new Inference(
            data,
            new CentreCrop(config.encoder().imageSize(), config.encoder().patchSize()),
            batchSize,
            new SerializableConfiguration(hadoop));
    ClassifierConfig geometry = config; // not this object, which is not sent
    Broadcast<Map<String, INDArray>> everywhere = weights;
    return spark.createDataFrame(
        inference.rows(context(), () -> new Probabilities(geometry, everywhere.value())), SCHEMA);
  }

  /**
   * Judges the predictions of the images with a label.
   *
   * @param classes of the classifier
   * @throws BadData if no image has a label
   */
  public Judgement judge(List<String> classes) {
    Dataset<Row> labelled =
        new ClassNames(classes, data.classes()).asTrained(rows()).filter("label >= 0");
    Judgement judgement =
        labelled
            .select("key", "label", "probabilities")
            .javaRDD()
            .aggregate(
                new Judgement(),
                (sum, row) -> sum.add(row.getString(0), row.getLong(1), row.getList(2)),
                Judgement::add);
    if (judgement.accuracy().rows() == 0) {
      throw new BadData(
          "Cannot judge by %s: no image has a label (prepare labelled images)"
              .formatted(data.uri()));
    }
    return judgement;
  }

  @Override
  public void close() {
    weights.destroy();
  }

  private static final class Probabilities implements Inference.Network {

    private final Classifier classifier;

    Probabilities(ClassifierConfig config, Map<String, INDArray> weights) {
      classifier = Classifier.of(config, weights);
    }

    @Override
    public float[][] outputs(byte[] patches, int batch) {
      return classifier.probabilities(patches, batch);
    }

    @Override
    public void close() {
      classifier.close();
    }
  }
}
