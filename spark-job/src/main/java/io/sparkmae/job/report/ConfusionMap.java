package io.sparkmae.job.report;

import java.util.ArrayList;
import java.util.List;

/**
 * How often each class was taken for each.
 *
 * @param classes names of rows and columns
 * @param cells row (the true class), column (the predicted one), count; those that are not zero
 * @param left classes that are left out
 */
public record ConfusionMap(List<String> classes, List<List<Long>> cells, int left) {

  static final int MOST_CLASSES = 64;

  /**
   * Returns the confusion of the test set's classes; of more than {@value #MOST_CLASSES} those that
   * were mistaken most often.
   *
   * @param counts true class, predicted class, count
   */
  public static ConfusionMap of(List<String> classes, List<long[]> counts) {
    long[] mistakes = new long[classes.size()];
    for (long[] cell : counts) {
      if (cell[0] < classes.size() && cell[0] != cell[1]) { // a class may be the test set's alone
        mistakes[(int) cell[0]] += cell[2];
      }
    }
    List<Integer> kept = new ArrayList<>();
    for (int label = 0; label < classes.size(); label++) {
      kept.add(label);
    }
    kept.sort((a, b) -> Long.compare(mistakes[b], mistakes[a])); // stable
    kept = kept.subList(0, Math.min(MOST_CLASSES, kept.size())).stream().sorted().toList();
    List<List<Long>> cells = new ArrayList<>();
    for (long[] cell : counts) {
      long row = kept.indexOf((int) cell[0]);
      long column = kept.indexOf((int) cell[1]);
      if (row >= 0 && column >= 0) {
        cells.add(List.of(row, column, cell[2]));
      }
    }
    return new ConfusionMap(
        kept.stream().map(classes::get).toList(), cells, classes.size() - kept.size());
  }
}
