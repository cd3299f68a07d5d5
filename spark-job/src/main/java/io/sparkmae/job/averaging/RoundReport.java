package io.sparkmae.job.averaging;

import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * What a round did and took.
 *
 * @param steps local steps: the most that a worker took
 * @param images trained by all workers
 * @param lossSum over those images
 * @param waiting seconds in which a worker waited for minibatches, on average
 * @param computing seconds in which it computed, on average
 * @param exchanging seconds in which it fetched the last average and left its own result, on
 *     average
 * @param averaging seconds from the last worker's end to the average
 * @param seconds of the whole round
 */
public record RoundReport(
    int steps,
    long images,
    double lossSum,
    double waiting,
    double computing,
    double exchanging,
    double averaging,
    double seconds) {

  static RoundReport of(List<WorkerReport> workers, double averaging, double seconds) {
    return new RoundReport(
        workers.stream().mapToInt(worker -> worker.steps).max().orElse(0),
        workers.stream().mapToLong(worker -> worker.images).sum(),
        sum(workers, worker -> worker.lossSum),
        sum(workers, worker -> worker.waiting) / workers.size(),
        sum(workers, worker -> worker.computing) / workers.size(),
        sum(workers, worker -> worker.exchanging) / workers.size(),
        averaging,
        seconds);
  }

  // In the order of workers: a stream of doubles may sum as it likes.
  private static double sum(List<WorkerReport> workers, ToDoubleFunction<WorkerReport> of) {
    double sum = 0;
    for (WorkerReport worker : workers) {
      sum += of.applyAsDouble(worker);
    }
    return sum;
  }
}
