package io.sparkmae.job.probe;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * Classifies by the k most similar training features, each voting with exp(cosine / temperature),
 * as DINO does.
 *
 * <p>The search is exact: it compares every test feature with every training feature. All training
 * features, 4 · rows · width bytes, must fit the memory of each executor, and twice that of the
 * driver.
 */
public final class NearestNeighbours implements Serializable {

  /** Neighbours that vote in common practice. */
  public static final int USUAL_K = 20;

  /** The temperature of common practice. */
  public static final double USUAL_TEMPERATURE = 0.07;

  private static final long serialVersionUID = 1;
  private static final int FEATURES = 1; // column
  private final float[][] features; // of length 1
  private final int[] labels;
  private final int classes;

  private NearestNeighbours(List<Partition> partitions) {
    features = partitions.stream().flatMap(p -> Arrays.stream(p.features)).toArray(float[][]::new);
    labels = partitions.stream().flatMapToInt(p -> Arrays.stream(p.labels)).toArray();
    classes = 1 + Arrays.stream(labels).max().orElse(-1);
  }

  /** The rows of one partition. Not a record, since Spark's Kryo cannot serialise records. */
  private static final class Partition implements Serializable {

    private static final long serialVersionUID = 1;

    private final float[][] features;
    private final int[] labels;

    Partition(Iterator<Row> rows) {
      List<float[]> units = new ArrayList<>();
      IntStream.Builder numbers = IntStream.builder();
      rows.forEachRemaining(
          row -> {
            units.add(unit(row));
            numbers.add(label(row));
          });
      features = units.toArray(float[][]::new);
      labels = numbers.build().toArray();
    }
  }

  /**
   * Judges {@code test}.
   *
   * @param train columns label (long) and features (array of float)
   * @param test the same columns; its partitions are processed in parallel
   * @param k neighbours that vote, {@link #USUAL_K} in common practice; all rows if there are fewer
   * @param temperature {@link #USUAL_TEMPERATURE} in common practice
   * @throws IllegalArgumentException if the training features do not fit this process's memory
   */
  public static Confusion probe(Dataset<Row> train, Dataset<Row> test, int k, double temperature) {
    if (k < 1) {
      throw new IllegalArgumentException("Invalid k: " + k + " (must be at least 1)");
    }
    if (!(temperature > 0)) {
      throw new IllegalArgumentException(
          "Invalid temperature: " + temperature + " (must be positive)");
    }
    var spark = JavaSparkContext.fromSparkContext(train.sparkSession().sparkContext());
    Broadcast<NearestNeighbours> everywhere =
        spark.broadcast(of(train.select("label", "features")));
    try {
      return Confusion.of(
          test.select("label", "features")
              .javaRDD()
              .map(row -> everywhere.value().judge(row, k, temperature)));
    } finally {
      everywhere.destroy();
    }
  }

  private static NearestNeighbours of(Dataset<Row> seen) {
    requireRoom(
        seen.count(), Numbers.of(seen.first(), FEATURES).length, Runtime.getRuntime().maxMemory());
    // not Spark's rows: they box every number, which takes five times the memory
    return new NearestNeighbours(
        seen.javaRDD().mapPartitions(rows -> List.of(new Partition(rows)).iterator()).collect());
  }

  static void requireRoom(long rows, int width, long memory) {
    double bytes = 2.0 * Float.BYTES * rows * width; // as rows, and sent
    if (bytes > memory) {
      throw new IllegalArgumentException(
          "Cannot compare with %d features of %d numbers: they take %.1f GB of the driver's memory, %.1f GB (give it more, or less data, or a smaller --image-size for pixels)"
              .formatted(rows, width, bytes / 1e9, memory / 1e9));
    }
  }

  private int[] judge(Row row, int k, double temperature) {
    double[] similarities = similarities(unit(row));
    double[] votes = new double[classes];
    for (int neighbour : nearest(similarities, k)) {
      votes[labels[neighbour]] += Math.exp(similarities[neighbour] / temperature);
    }
    int label = label(row);
    int[] judged = Accuracy.judge(votes, label);
    boolean named = label < classes && votes[label] > 0;
    return named ? judged : new int[] {label, judged[1], Integer.MAX_VALUE};
  }

  private double[] similarities(float[] feature) {
    double[] cosines = new double[features.length];
    for (int i = 0; i < cosines.length; i++) {
      float sum = 0;
      for (int d = 0; d < feature.length; d++) {
        sum += features[i][d] * feature[d];
      }
      cosines[i] = sum;
    }
    return cosines;
  }

  /**
   * Returns the k nearest rows. Of equally similar rows the earlier is nearer, so the result is
   * unique.
   */
  private static List<Integer> nearest(double[] similarities, int k) {
    Comparator<Integer> nearer =
        Comparator.<Integer>comparingDouble(i -> -similarities[i]).thenComparing(i -> i);
    PriorityQueue<Integer> farthestFirst = new PriorityQueue<>(nearer.reversed());
    for (int i = 0; i < similarities.length; i++) {
      farthestFirst.add(i);
      if (farthestFirst.size() > k) {
        farthestFirst.remove();
      }
    }
    return List.copyOf(farthestFirst);
  }

  private static int label(Row row) {
    return Math.toIntExact(row.getLong(0));
  }

  private static float[] unit(Row row) {
    float[] unit = Numbers.of(row, 1);
    double squares = 0;
    for (float value : unit) {
      squares += (double) value * value;
    }
    float scale = (float) (1 / Math.max(Math.sqrt(squares), 1e-12));
    for (int d = 0; d < unit.length; d++) {
      unit[d] *= scale;
    }
    return unit;
  }
}
