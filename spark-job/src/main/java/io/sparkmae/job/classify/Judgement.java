package io.sparkmae.job.classify;

import static java.util.Comparator.comparing;

import io.sparkmae.job.probe.Accuracy;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What became of a test set's labelled images: how many were right, which class was taken for
 * which, and the most confident mistakes. It does not depend on the order of adding.
 */
public final class Judgement implements Serializable {

  private static final long serialVersionUID = 1;

  static final int MOST_MISTAKES = 12;

  private final long[] counts = new long[3]; // first, among the first five, all
  private final TreeMap<Long, Long> confusion = new TreeMap<>(); // label and prediction → images
  private final ArrayList<Mistake> mistakes = new ArrayList<>(); // the most confident first

  /**
   * An image whose class was not predicted.
   *
   * <p>Not a record, since Spark's Kryo cannot serialise records.
   */
  public static final class Mistake implements Serializable {

    private static final long serialVersionUID = 1;

    private final String key;
    private final int label;
    private final int predicted;
    private final float probability;

    Mistake(String key, int label, int predicted, float probability) {
      this.key = key;
      this.label = label;
      this.predicted = predicted;
      this.probability = probability;
    }

    public String key() {
      return key;
    }

    /** Returns the true class. */
    public int label() {
      return label;
    }

    public int predicted() {
      return predicted;
    }

    /** Returns the probability of the predicted class. */
    public float probability() {
      return probability;
    }
  }

  Judgement add(String key, long label, List<Float> probabilities) {
    double[] scores = probabilities.stream().mapToDouble(Float::doubleValue).toArray();
    int rank = Accuracy.rank(scores, Math.toIntExact(label));
    counts[0] += rank < 1 ? 1 : 0;
    counts[1] += rank < 5 ? 1 : 0;
    counts[2]++;
    int predicted = 0;
    for (int other = 1; other < scores.length; other++) {
      predicted = scores[other] > scores[predicted] ? other : predicted;
    }
    confusion.merge(label << Integer.SIZE | predicted, 1L, Long::sum);
    if (predicted != label) {
      mistakes.add(new Mistake(key, (int) label, predicted, (float) scores[predicted]));
      shorten();
    }
    return this;
  }

  Judgement add(Judgement other) {
    for (int i = 0; i < counts.length; i++) {
      counts[i] += other.counts[i];
    }
    other.confusion.forEach((cell, images) -> confusion.merge(cell, images, Long::sum));
    mistakes.addAll(other.mistakes);
    shorten();
    return this;
  }

  private void shorten() {
    mistakes.sort(
        comparing(Mistake::probability, (a, b) -> Float.compare(b, a)).thenComparing(Mistake::key));
    while (mistakes.size() > MOST_MISTAKES) {
      mistakes.remove(mistakes.size() - 1);
    }
  }

  public Accuracy accuracy() {
    return new Accuracy((double) counts[0] / counts[2], (double) counts[1] / counts[2], counts[2]);
  }

  /** Returns true class, predicted class and number of images, where there are any, in order. */
  public List<long[]> confusion() {
    List<long[]> cells = new ArrayList<>();
    for (Map.Entry<Long, Long> cell : confusion.entrySet()) {
      cells.add(
          new long[] {cell.getKey() >>> Integer.SIZE, cell.getKey().intValue(), cell.getValue()});
    }
    return cells;
  }

  /** Returns the most confident mistakes, at most twelve. */
  public List<Mistake> mistakes() {
    return List.copyOf(mistakes);
  }
}
