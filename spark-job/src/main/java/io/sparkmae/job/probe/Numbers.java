package io.sparkmae.job.probe;

import java.util.List;
import org.apache.spark.sql.Row;

/** A feature in a row of Spark's, which holds it as an array or, out of a table, as a sequence. */
final class Numbers {

  private Numbers() {}

  static float[] of(Row row, int column) {
    if (row.get(column) instanceof float[] numbers) {
      return numbers;
    }
    List<Float> boxed = row.getList(column);
    float[] numbers = new float[boxed.size()];
    for (int d = 0; d < numbers.length; d++) {
      numbers[d] = boxed.get(d);
    }
    return numbers;
  }
}
