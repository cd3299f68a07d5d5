package io.sparkmae.job.run;

import static java.util.Comparator.comparingDouble;

import io.sparkmae.data.PreparedData;
import io.sparkmae.job.classify.Judgement;
import io.sparkmae.job.classify.Predictions;
import io.sparkmae.job.probe.Accuracy;
import io.sparkmae.job.track.Tracker;
import io.sparkmae.job.train.EpochEnd;
import io.sparkmae.model.ClassifierGraph;
import io.sparkmae.model.EngineGraph;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.SparkSession;

/** Judges the model after every epoch, and asks for a version if it is better than all before. */
final class TestAccuracy implements EpochEnd {

  private final SparkSession spark;
  private final PreparedData test;
  private final List<String> classes;
  private final int batchSize;
  private final List<EpochAccuracy> epochs = new ArrayList<>();
  private final Tracker tracker;
  private Judgement judgement; // of the last epoch; null before
  private boolean better; // the last one, for which no version is kept yet

  TestAccuracy(
      SparkSession spark, PreparedData test, List<String> classes, int batchSize, Tracker tracker) {
    this.tracker = tracker;
    this.spark = spark;
    this.test = test;
    this.classes = classes;
    this.batchSize = batchSize;
  }

  @Override
  public boolean reached(EngineGraph graph, int epoch) {
    ClassifierGraph classifier = (ClassifierGraph) graph;
    judgement = judge(classifier);
    Accuracy accuracy = judgement.accuracy();
    epochs.removeIf(before -> before.epoch() > epoch); // which are trained again
    better = best().map(best -> accuracy.top1() > best.top1()).orElse(true);
    EpochAccuracy judged = judged(epoch, accuracy, graph.getConfiguration().getIterationCount());
    epochs.add(judged);
    tracker.log(judged.scalars());
    System.err.printf(
        "epoch %d: top-1 %.4f, top-5 %.4f of %d test images%s%n",
        epoch + 1, accuracy.top1(), accuracy.top5(), accuracy.rows(), better ? ", the best" : "");
    return better;
  }

  private static EpochAccuracy judged(int epoch, Accuracy accuracy, int steps) {
    double now = System.currentTimeMillis() / 1e3;
    return new EpochAccuracy(epoch + 1, accuracy.top1(), accuracy.top5(), null, steps, now);
  }

  private Judgement judge(ClassifierGraph graph) {
    try (Predictions predictions =
        new Predictions(spark, graph.config(), graph.weights(), test, batchSize)) {
      return predictions.judge(classes);
    }
  }

  /** Goes on from the epochs that a checkpoint has. */
  void restore(List<EpochAccuracy> before) {
    epochs.clear();
    epochs.addAll(before);
    better = false;
  }

  /** Returns the judgement after the last epoch of this process; null before its first. */
  Judgement judgement() {
    return judgement;
  }

  PreparedData test() {
    return test;
  }

  /** Returns all epochs so far. */
  List<EpochAccuracy> epochs() {
    return List.copyOf(epochs);
  }

  /** Takes note that the model is kept as {@code version}; returns all epochs so far. */
  List<EpochAccuracy> keptAs(String version) {
    if (better) {
      EpochAccuracy last = epochs.remove(epochs.size() - 1);
      epochs.add(last.keptAs(version));
      better = false;
    }
    return List.copyOf(epochs);
  }

  /** Returns the first of the best epochs; empty before the first one. */
  Optional<EpochAccuracy> best() {
    return epochs.stream()
        .sorted(comparingDouble((EpochAccuracy epoch) -> -epoch.top1())) // stable
        .findFirst();
  }

  /** Returns the last epoch; empty before the first one. */
  Optional<EpochAccuracy> last() {
    return epochs.isEmpty() ? Optional.empty() : Optional.of(epochs.get(epochs.size() - 1));
  }
}
