package io.sparkmae.job.probe;

import static org.apache.spark.ml.functions.array_to_vector;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.size;

import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.ml.classification.LogisticRegression;
import org.apache.spark.ml.feature.StandardScaler;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** Classifies by multinomial logistic regression on standardised features. */
public final class LinearProbe {

  private static final int MAX_ITERATIONS = 200;

  // Sums over several partitions are added in the order in which these end, which differs from run
  // to run; one partition's are not. Beyond so many numbers one core would be too slow.
  private static final long SMALL = 100_000_000;

  // Without it, weights grow without bound if the classes are separable.
  private static final double REGULARISATION = 1e-3;

  private LinearProbe() {}

  /**
   * Fits on {@code train}; judges {@code test}.
   *
   * @param train columns label (long) and features (array of float); cached, since it is read often
   * @param test the same columns as {@code train}
   */
  public static Confusion probe(Dataset<Row> train, Dataset<Row> test) {
    JavaBlas.prefer();
    PipelineModel model = pipeline().fit(vectors(inOrder(train)));
    Dataset<Row> judged = model.transform(vectors(test)).select("label", "probability");
    return Confusion.of(judged.javaRDD().map(LinearProbe::judge));
  }

  private static Dataset<Row> inOrder(Dataset<Row> train) {
    long numbers = train.count() * train.select(size(col("features"))).first().getInt(0);
    if (numbers <= SMALL) {
      return train.coalesce(1);
    }
    System.err.printf(
        "%d numbers are fitted in parallel: two runs may differ in the third digit%n", numbers);
    return train;
  }

  private static Dataset<Row> vectors(Dataset<Row> features) {
    return features.select(
        col("label").cast("double").as("label"), array_to_vector(col("features")).as("raw"));
  }

  private static Pipeline pipeline() {
    StandardScaler scaler =
        new StandardScaler().setInputCol("raw").setOutputCol("features").setWithMean(true);
    LogisticRegression classifier =
        new LogisticRegression()
            .setFamily("multinomial")
            .setStandardization(false) // the scaler has done it
            .setRegParam(REGULARISATION)
            .setMaxIter(MAX_ITERATIONS);
    return new Pipeline().setStages(new PipelineStage[] {scaler, classifier});
  }

  private static int[] judge(Row row) {
    Vector probability = row.getAs("probability");
    return Accuracy.judge(probability.toArray(), (int) row.getDouble(0));
  }
}
