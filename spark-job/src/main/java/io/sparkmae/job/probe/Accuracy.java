package io.sparkmae.job.probe;

import io.sparkmae.data.image.BadData;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * The share of rows whose class was predicted correctly.
 *
 * @param top1 share of the rows whose class came first
 * @param top5 share of the rows whose class was among the first five
 * @param rows test rows
 */
public record Accuracy(double top1, double top5, long rows) {

  /**
   * Returns what {@link Confusion} counts: the label, the class with the highest score, of equal
   * ones the lower, and the label's {@link #rank}.
   */
  public static int[] judge(double[] scores, int label) {
    int predicted = 0;
    for (int k = 1; k < scores.length; k++) {
      predicted = scores[k] > scores[predicted] ? k : predicted;
    }
    return new int[] {label, predicted, rank(scores, label)};
  }

  /**
   * Returns the rank from 0 of class {@code label} by descending score; of equal scores the lower
   * class comes first.
   */
  public static int rank(double[] scores, int label) {
    if (label >= scores.length || Double.isNaN(scores[label])) {
      return Integer.MAX_VALUE; // not in the training data, or of a broken model
    }
    int rank = 0;
    for (int other = 0; other < scores.length; other++) {
      boolean before =
          scores[other] > scores[label] || scores[other] == scores[label] && other < label;
      rank += before ? 1 : 0;
    }
    return rank;
  }

  /**
   * Returns the rows that have a label, and says how many have none.
   *
   * @param features cached, since they are counted and then used
   * @throws BadData if no row has one
   */
  public static Dataset<Row> labelled(Dataset<Row> features, String role) {
    long all = features.count();
    Dataset<Row> labelled = features.filter("label >= 0");
    long rows = labelled.count();
    if (rows == 0) {
      throw new BadData(
          "Rows without a label alone, %d of them, to %s with (a probe needs labels)"
              .formatted(all, role));
    }
    if (rows < all) {
      System.err.printf(
          "%d of %d rows to %s with have no label and are left out%n", all - rows, all, role);
    }
    return labelled;
  }
}
