package io.sparkmae.job.train;

import io.sparkmae.data.PreparedData;
import io.sparkmae.job.averaging.RoundReport;
import io.sparkmae.job.config.RunConfig;
import io.sparkmae.job.store.Metric;
import io.sparkmae.job.store.WorkerTotal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The progress of training: a line on stderr after every round, and the metrics of all rounds. */
final class Progress {

  private final int epochs;
  private final long imagesInAll;
  private final List<Metric> metrics = new ArrayList<>();
  private final Map<Integer, WorkerTotal> workers = new TreeMap<>();
  private volatile Metric last; // for the thread that reports metrics
  private long trained; // in this process
  private double seconds;

  /** Starts from the metrics and the work of earlier rounds, which may be empty. */
  Progress(int epochs, long imagesInAll, List<Metric> before, List<WorkerTotal> workersBefore) {
    this.epochs = epochs;
    this.imagesInAll = imagesInAll;
    metrics.addAll(before);
    workersBefore.forEach(total -> workers.put(total.worker(), total));
    last = before.isEmpty() ? null : before.get(before.size() - 1);
  }

  /**
   * Adds a round to the metrics and prints its line.
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
    double epoch = (double) images * epochs / imagesInAll;
    last = metric(round.lastStep() + 1L, epoch, loss, learningRate, images, report);
    metrics.add(last);
    report.workers().forEach(share -> workers.merge(share.worker(), share, WorkerTotal::plus));
    System.err.println(line(last));
  }

  private static Metric metric(
      long step, double epoch, double loss, double learningRate, long images, RoundReport report) {
    return new Metric(
        step,
        epoch,
        loss,
        learningRate,
        images,
        report.images() / report.seconds(),
        report.waiting(),
        report.computing(),
        report.exchanging() + report.averaging(),
        report.gradientNorm(),
        System.currentTimeMillis() / 1e3);
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

  /** Removes the rounds after {@code step}, which will be trained again. */
  void rewind(int step) {
    metrics.removeIf(metric -> metric.step() > step);
    last = metrics.isEmpty() ? null : metrics.get(metrics.size() - 1);
  }

  List<Metric> metrics() {
    return List.copyOf(metrics);
  }

  /** Returns the work of each worker so far, in their order. */
  List<WorkerTotal> workers() {
    return List.copyOf(workers.values());
  }

  /** Returns the number of rounds so far. */
  int rounds() {
    return metrics.size();
  }

  Optional<Metric> last() {
    return Optional.ofNullable(last);
  }

  long images() {
    return last == null ? 0 : last.images();
  }

  /** Returns the images per second since this process began to train. */
  double imagesPerSecond() {
    return trained / seconds;
  }

  /** Returns the mean loss of the images trained after the first {@code epoch} epochs. */
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

  /** Prints the run's arithmetic. */
  static void say(RunConfig run, RoundPlan plan, PreparedData data) {
    int effectiveBatchSize = run.train().cropsOfStep() * plan.workers();
    System.err.printf(
        "%d images, %d crops of each, %d workers × batch %d × %d accumulated = effective batch %d, averaged every %d steps, %d steps an epoch; "
            + "rate %.3g × %d / 256 = %.3g after %.1f epochs of warm-up; data %s%n",
        data.rows(),
        run.data().cropsPerImage(),
        plan.workers(),
        run.train().batchSize(),
        run.train().accumulation(),
        effectiveBatchSize,
        run.train().averagingFrequency(),
        plan.stepsPerEpoch(),
        run.train().baseLearningRate(),
        effectiveBatchSize,
        plan.schedule().peak(),
        run.train().warmupEpochs(),
        data.uri());
  }
}
