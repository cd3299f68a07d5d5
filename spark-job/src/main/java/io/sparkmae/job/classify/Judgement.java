package io.sparkmae.job.classify;

import static java.util.Comparator.comparing;

import io.sparkmae.job.probe.Accuracy;
import io.sparkmae.job.probe.Confusion;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;

/**
 * What became of a test set's labelled images: how many were right, which class was taken for
 * which, and the most confident mistakes. It does not depend on the order of adding.
 */
public final class Judgement implements Serializable {

  private static final long serialVersionUID = 1;

  static final int MOST_MISTAKES = 12;

  private final Confusion confusion = new Confusion();
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
    int[] judged = Accuracy.judge(scores, Math.toIntExact(label));
    int predicted = judged[1];
    confusion.add(judged);
    if (predicted != label) {
      mistakes.add(new Mistake(key, (int) label, predicted, (float) scores[predicted]));
      shorten();
    }
    return this;
  }

  Judgement add(Judgement other) {
    confusion.add(other.confusion);
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
    return confusion.accuracy();
  }

  /** Returns how many images of each class were taken for each. */
  public Confusion confusion() {
    return confusion;
  }

  /** Returns the most confident mistakes, at most twelve. */
  public List<Mistake> mistakes() {
    return List.copyOf(mistakes);
  }
}
