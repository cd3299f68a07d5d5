package io.sparkmae.job.embed;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;
import static org.nd4j.linalg.indexing.NDArrayIndex.point;

import io.sparkmae.data.EpochPlan;
import io.sparkmae.data.PatchBatch;
import io.sparkmae.data.PatchReader;
import io.sparkmae.data.PreparedData;
import io.sparkmae.data.image.CentreCrop;
import io.sparkmae.job.probe.JavaBlas;
import io.sparkmae.model.MaeEncoder;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Pooling;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.SerializableConfiguration;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Computes features of all images of a prepared data set: of the centre of each image, with all
 * patches visible.
 */
public final class Embedding implements Serializable {

  private static final long serialVersionUID = 1;

  // a task keeps its features in memory until it ends
  private static final int ROWS_PER_TASK = 1024;
  private static final StructType SCHEMA =
      StructType.fromDDL(
          "key STRING NOT NULL, label BIGINT NOT NULL, features ARRAY<FLOAT> NOT NULL");

  private final MaeConfig config;
  private final PreparedData data;
  private final Pooling pooling;
  private final int batchSize;
  private final SerializableConfiguration hadoop;

  private Embedding(
      MaeConfig config,
      PreparedData data,
      Pooling pooling,
      int batchSize,
      SerializableConfiguration hadoop) {
    this.config = config;
    this.data = data;
    this.pooling = pooling;
    this.batchSize = batchSize;
    this.hadoop = hadoop;
  }

  /**
   * Returns the features of a prepared data set, {@code uri}. They are computed lazily, and again
   * at each use.
   *
   * @param weights the encoder's weights, by the reference's names
   * @return columns key string, label long (−1 where there is none), features array of float
   *     [embedDim]
   */
  public static Dataset<Row> features(
      SparkSession spark,
      MaeConfig config,
      Map<String, INDArray> weights,
      String uri,
      Pooling pooling,
      int batchSize) {
    Configuration hadoop = spark.sparkContext().hadoopConfiguration();
    PreparedData data = PreparedData.open(uri, hadoop);
    Embedding embedding =
        new Embedding(config, data, pooling, batchSize, new SerializableConfiguration(hadoop));
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    Broadcast<Map<String, INDArray>> everywhere = context.broadcast(new LinkedHashMap<>(weights));
    return spark.createDataFrame(embedding.rows(context, everywhere), SCHEMA);
  }

  private JavaRDD<Row> rows(JavaSparkContext context, Broadcast<Map<String, INDArray>> weights) {
    int parts = Math.max(context.defaultParallelism(), (int) (data.rows() / ROWS_PER_TASK) + 1);
    long rows = data.rows();
    List<Long> numbers = LongStream.range(0, parts).boxed().toList();
    return context
        .parallelize(new ArrayList<>(numbers), parts)
        .flatMap(part -> encode(rows * part / parts, rows * (part + 1) / parts, weights.value()));
  }

  /** Computes the features of rows [from, to) in the files' order, batch by batch. */
  private Iterator<Row> encode(long from, long to, Map<String, INDArray> weights) {
    JavaBlas.prefer(); // a probe on the features may follow in this executor
    EpochPlan plan = EpochPlan.sequential(data.manifest());
    CentreCrop view = new CentreCrop(config.imageSize(), config.patchSize());
    List<Row> rows = new ArrayList<>();
    try (MaeEncoder encoder = MaeEncoder.of(config, weights);
        PatchReader reader = new PatchReader(data, hadoop.value())) {
      for (long start = from; start < to; start += batchSize) {
        PatchBatch batch = reader.read(plan.rows(start, Math.min(start + batchSize, to)), view);
        float[][] features = pool(encoder.encode(batch.patches(), batch.size()));
        for (int i = 0; i < batch.size(); i++) {
          rows.add(RowFactory.create(batch.keys()[i], (long) batch.labels()[i], features[i]));
        }
      }
    }
    return rows.iterator();
  }

  /** Returns the pooled features [batch, D] of tokens [batch, L + 1, D]. */
  private float[][] pool(INDArray tokens) {
    INDArray pooled =
        switch (pooling) {
          case CLS -> tokens.get(all(), point(0), all());
          case MEAN -> tokens.get(all(), interval(1, tokens.size(1)), all()).mean(1);
        };
    return pooled.reshape(tokens.size(0), tokens.size(2)).toFloatMatrix();
  }
}
