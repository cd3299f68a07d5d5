package io.sparkmae.job.train;

import io.sparkmae.job.store.Metric;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** How far training is: a line on stderr after every round, and the metrics of all rounds. */
final class Progress {

  private final int epochs;
  private final long imagesInAll;
  private final long start = System.nanoTime();
  private final List<Metric> metrics = new ArrayList<>();
  private long roundStart = start;
  private long images;
  private double lossSum;

  Progress(int epochs, long imagesInAll) {
    this.epochs = epochs;
    this.imagesInAll = imagesInAll;
  }

  /**
   * Takes in a round.
   *
   * @param trained images so far
   * @param lossOfTrained sum over those images
   * @throws NonFiniteLoss if the round's loss is NaN or infinite
   */
  void completed(Round round, long trained, double lossOfTrained, double learningRate) {
    double loss = (lossOfTrained - lossSum) / (trained - images);
    if (!Double.isFinite(loss)) {
      throw new NonFiniteLoss(round);
    }
    long now = System.nanoTime();
    double rate = (trained - images) / seconds(roundStart, now);
    double epoch = (double) trained * epochs / imagesInAll;
    metrics.add(new Metric(round.lastStep() + 1L, epoch, loss, learningRate, trained, rate));
    images = trained;
    lossSum = lossOfTrained;
    roundStart = now;
    System.err.println(line(loss, learningRate, seconds(start, now)));
  }

  private String line(double loss, double learningRate, double elapsed) {
    double rate = images / elapsed;
    Duration left = Duration.ofSeconds(Math.round((imagesInAll - images) / rate));
    return "epoch %.2f/%d  images %d/%d (%d %%)  %.1f images/s  %d:%02d:%02d left  loss %.4f  rate %.3g"
        .formatted(
            (double) images * epochs / imagesInAll,
            epochs,
            images,
            imagesInAll,
            100 * images / imagesInAll,
            rate,
            left.toHours(),
            left.toMinutesPart(),
            left.toSecondsPart(),
            loss,
            learningRate);
  }

  List<Metric> metrics() {
    return metrics;
  }

  long images() {
    return images;
  }

  double imagesPerSecond() {
    return images / seconds(start, roundStart);
  }

  /** Mean loss of the images since {@code epoch} epochs were done. */
  double lossSince(int epoch) {
    long before = imagesInAll / epochs * epoch;
    double sum = 0;
    long previous = 0;
    for (Metric metric : metrics) {
      if (metric.images() > before) {
        sum += metric.loss() * (metric.images() - previous);
      }
      previous = metric.images();
    }
    return sum / (images - before);
  }

  private static double seconds(long from, long to) {
    return (to - from) / 1e9;
  }
}
