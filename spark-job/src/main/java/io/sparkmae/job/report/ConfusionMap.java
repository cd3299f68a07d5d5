package io.sparkmae.job.report;

import io.sparkmae.job.probe.Confusion;
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
   */
  public static ConfusionMap of(List<String> classes, Confusion confusion) {
    List<Integer> kept = confusion.mostMistaken(MOST_CLASSES, classes.size());
    List<List<Long>> cells = new ArrayList<>();
    for (int row = 0; row < kept.size(); row++) {
      for (int column = 0; column < kept.size(); column++) {
        long rows = confusion.rows(kept.get(row), kept.get(column));
        if (rows > 0) {
          cells.add(List.of((long) row, (long) column, rows));
        }
      }
    }
    return new ConfusionMap(
        kept.stream().map(classes::get).toList(), cells, classes.size() - kept.size());
  }
}
