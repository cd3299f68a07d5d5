package io.sparkmae.job.probe;

import static org.apache.spark.sql.functions.array;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.element_at;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.when;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * The class names of a training and a test set, by label. Labels are ranks within their own set, so
 * equal numbers may be other classes.
 */
public record ClassNames(List<String> train, List<String> test) {

  /**
   * Returns test features with the training set's labels, matched by name; unchanged if the lists
   * are equal, or a set has no names.
   *
   * @throws IllegalArgumentException if the training set lacks a class of the test set
   */
  public Dataset<Row> asTrained(Dataset<Row> features) {
    if (train.isEmpty() || test.isEmpty() || train.equals(test)) {
      return features;
    }
    requireKnown();
    System.err.printf(
        "the test set's %d classes are matched by name with the training set's %d%n",
        test.size(), train.size());
    Column[] labels =
        test.stream().map(name -> lit((long) train.indexOf(name))).toArray(Column[]::new);
    Column own = col("label");
    return features.withColumn(
        "label",
        when(own.lt(0), own).otherwise(element_at(array(labels), own.plus(1).cast("int"))));
  }

  /**
   * Checks that the training set has all classes of the test set, if both have names.
   *
   * @throws IllegalArgumentException if it lacks one
   */
  public void requireKnown() {
    List<String> lacking = new ArrayList<>(test);
    lacking.removeAll(train);
    if (!train.isEmpty() && !lacking.isEmpty()) {
      throw new IllegalArgumentException(
          "Cannot judge by this test set: the training set has no class %s (prepare both from the same classes)"
              .formatted(String.join(", ", lacking)));
    }
  }
}
