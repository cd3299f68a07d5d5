package io.sparkmae.job.classify;

import static java.util.Comparator.comparingDouble;

import java.io.Serializable;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.StructType;

/** The names of the most probable classes of each image. */
public final class TopClasses implements Serializable {

  private static final long serialVersionUID = 1;

  private static final StructType SCHEMA =
      StructType.fromDDL(
          "path STRING NOT NULL, class STRING NOT NULL, probability FLOAT NOT NULL, "
              + "top ARRAY<STRUCT<class: STRING, probability: FLOAT>> NOT NULL");

  private final String[] classes;
  private final int count;

  /**
   * Takes the names by label.
   *
   * @param count classes of an image to name, at least 1; no more than there are
   */
  public TopClasses(List<String> classes, int count) {
    if (count < 1) {
      throw new IllegalArgumentException("Invalid top: %d (must be at least 1)".formatted(count));
    }
    this.classes = classes.toArray(String[]::new);
    this.count = Math.min(count, classes.size());
  }

  /**
   * Returns path, class and probability of each image, and the most probable classes in order, of
   * equal ones the lower label first.
   *
   * @param predictions as {@link Predictions#rows} returns them
   */
  public Dataset<Row> of(Dataset<Row> predictions) {
    return predictions
        .sparkSession()
        .createDataFrame(predictions.javaRDD().map(this::name), SCHEMA);
  }

  private Row name(Row prediction) {
    List<Float> probabilities = prediction.getList(2);
    List<Row> top =
        IntStream.range(0, probabilities.size())
            .boxed()
            .sorted(comparingDouble(label -> -probabilities.get(label)))
            .limit(count)
            .map(label -> RowFactory.create(classes[label], probabilities.get(label)))
            .toList();
    return RowFactory.create(
        prediction.getString(0), top.get(0).getString(0), top.get(0).getFloat(1), top.toArray());
  }
}
