package io.sparkmae.job.train;

import io.sparkmae.job.averaging.RoundReport;
import io.sparkmae.job.store.Metric;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** How far training is: a line on stderr after every round, and the metrics of all rounds. */
final class Progress {

  private final int epochs;
  private final long imagesInAll;
  private final List<Metric> metrics = new ArrayList<>();
  private volatile Metric last; // for the thread that reports metrics
  private long trained; // in this process
  private double seconds;

  /** Goes on from the metrics of the rounds before, if there were any. */
  Progress(int epochs, long imagesInAll, List<Metric> before) {
    this.epochs = epochs;
    this.imagesInAll = imagesInAll;
    metrics.addAll(before);
    last = before.isEmpty() ? null : before.get(before.size() - 1);
  }

  /**
   * Takes in a round.
   *
   * @throws NonFiniteLoss if the round's loss is NaN or infinite
   */
  void completed(Round round, RoundReport report, double learningRate) {
    double loss = report.lossSum() / report.images();
    if (!Double.isFinite(loss)) {
      throw new NonFiniteLoss(round);
    }
    long images = images() + report.images();
    trained += report.images();
    seconds += report.seconds();
    last =
        new Metric(
            round.lastStep() + 1L,
            (double) images * epochs / imagesInAll,
            loss,
            learningRate,
            images,
            report.images() / report.seconds(),
            report.waiting(),
            report.computing(),
            report.exchanging() + report.averaging());
    metrics.add(last);
    System.err.println(line(last));
  }

  private String line(Metric round) {
    double rate = imagesPerSecond();
    Duration left = Duration.ofSeconds(Math.round((imagesInAll - round.images()) / rate));
    return "epoch %.2f/%d  images %d/%d (%d %%)  %.1f images/s  %d:%02d:%02d left  loss %.4f  rate %.3g"
        .formatted(
            round.epoch(),
            epochs,
            round.images(),
            imagesInAll,
            100 * round.images() / imagesInAll,
            rate,
            left.toHours(),
            left.toMinutesPart(),
            left.toSecondsPart(),
            round.loss(),
            round.learningRate());
  }

  /** Forgets the rounds after {@code step}: they will be trained again. */
  void rewind(int step) {
    metrics.removeIf(metric -> metric.step() > step);
    last = metrics.isEmpty() ? null : metrics.get(metrics.size() - 1);
  }

  List<Metric> metrics() {
    return List.copyOf(metrics);
  }

  /** Rounds so far. */
  int rounds() {
    return metrics.size();
  }

  Optional<Metric> last() {
    return Optional.ofNullable(last);
  }

  long images() {
    return last == null ? 0 : last.images();
  }

  /** Of this process alone. */
  double imagesPerSecond() {
    return trained / seconds;
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
    return sum / (images() - before);
  }
}
