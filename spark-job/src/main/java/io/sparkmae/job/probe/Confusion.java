package io.sparkmae.job.probe;

import java.io.Serializable;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaRDD;

/**
 * Counts of test rows by their class and the predicted one, for those that are not 0. They do not
 * depend on the order of adding.
 */
public final class Confusion implements Serializable {

  private static final long serialVersionUID = 1;

  private static final int ALL = 0;
  private static final int FIRST = 1;
  private static final int AMONG_FIVE = 2;

  // label, predicted → rows; of which rank 0, rank < 5
  private final HashMap<Long, long[]> cells = new HashMap<>();
  private final HashMap<Integer, long[]> byClass = new HashMap<>();
  private int classes;

  /** Counts rows that {@link Accuracy#judge} judged. */
  public static Confusion of(JavaRDD<int[]> judged) {
    return judged.aggregate(new Confusion(), Confusion::add, Confusion::add);
  }

  /** Counts a row that {@link Accuracy#judge} judged. */
  public Confusion add(int[] judged) {
    int rank = judged[2];
    return add(key(judged[0], judged[1]), new long[] {1, rank < 1 ? 1 : 0, rank < 5 ? 1 : 0});
  }

  /** Counts what {@code other} counted too. */
  public Confusion add(Confusion other) {
    other.cells.forEach(this::add);
    return this;
  }

  private Confusion add(long key, long[] counts) {
    int label = (int) (key >> 32);
    cells.merge(key, counts, Confusion::sum);
    byClass.merge(label, counts, Confusion::sum);
    classes = Math.max(classes, 1 + Math.max(label, (int) key));
    return this;
  }

  private static long[] sum(long[] a, long[] b) {
    return new long[] {a[ALL] + b[ALL], a[FIRST] + b[FIRST], a[AMONG_FIVE] + b[AMONG_FIVE]};
  }

  private static long key(int label, int predicted) {
    return (long) label << 32 | predicted;
  }

  /** Returns one more than the largest class, among true and predicted ones. */
  public int classes() {
    return classes;
  }

  /** Returns the number of rows of a class that were predicted as another, or as it. */
  public long rows(int label, int predicted) {
    long[] counts = cells.get(key(label, predicted));
    return counts == null ? 0 : counts[ALL];
  }

  /** Returns the accuracy over all rows. */
  public Accuracy accuracy() {
    long[] counts = byClass.values().stream().reduce(new long[3], Confusion::sum);
    return new Accuracy(
        (double) counts[FIRST] / counts[ALL],
        (double) counts[AMONG_FIVE] / counts[ALL],
        counts[ALL]);
  }

  /**
   * Returns the accuracy of each class, by label.
   *
   * @param names by label; a class that has none is called by its number
   */
  public List<ClassAccuracy> perClass(List<String> names) {
    return IntStream.range(0, Math.max(classes, names.size()))
        .mapToObj(label -> accuracy(label, names))
        .toList();
  }

  private ClassAccuracy accuracy(int label, List<String> names) {
    long[] counts = counts(label);
    long rows = Math.max(1, counts[ALL]);
    String name = label < names.size() ? names.get(label) : String.valueOf(label);
    return new ClassAccuracy(
        label,
        name,
        (double) counts[FIRST] / rows,
        (double) counts[AMONG_FIVE] / rows,
        counts[ALL]);
  }

  private long[] counts(int label) {
    return byClass.getOrDefault(label, new long[3]);
  }

  /** Returns the mean over the classes that have rows of the share whose class came first. */
  public double meanClassTop1() {
    return byClass.values().stream()
        .mapToDouble(counts -> (double) counts[FIRST] / counts[ALL])
        .sorted() // sums must not depend on a map's order
        .average()
        .orElse(Double.NaN);
  }

  /**
   * Returns the {@code most} classes with the most wrong rows, by label; all if there are fewer.
   */
  public List<Integer> mostMistaken(int most, int classes) {
    return IntStream.range(0, classes)
        .boxed()
        .sorted(Comparator.comparingLong(label -> counts(label)[FIRST] - counts(label)[ALL]))
        .limit(most)
        .sorted()
        .toList();
  }
}
