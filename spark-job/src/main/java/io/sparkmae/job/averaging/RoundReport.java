package io.sparkmae.job.averaging;

import io.sparkmae.job.store.WorkerTotal;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * The report of a round: its work and its times.
 *
 * @param steps local steps of the worker with the most
 * @param images trained by all workers
 * @param lossSum over those images
 * @param gradientNorm mean over the steps of all workers
 * @param waiting seconds in which a worker waited for minibatches, mean over workers
 * @param computing seconds in which it computed, mean over workers
 * @param exchanging seconds in which it fetched the last average and stored its own result, mean
 *     over workers
 * @param averaging seconds from the last worker's end to the average
 * @param seconds of the whole round
 * @param workers each worker's share of it
 */
public record RoundReport(
    int steps,
    long images,
    double lossSum,
    double gradientNorm,
    double waiting,
    double computing,
    double exchanging,
    double averaging,
    double seconds,
    List<WorkerTotal> workers) {

  static RoundReport of(List<WorkerReport> workers, double averaging, double seconds) {
    return new RoundReport(
        workers.stream().mapToInt(worker -> worker.steps).max().orElse(0),
        workers.stream().mapToLong(worker -> worker.images).sum(),
        sum(workers, worker -> worker.lossSum),
        sum(workers, worker -> worker.normSum) / sum(workers, worker -> worker.steps),
        sum(workers, worker -> worker.waiting) / workers.size(),
        sum(workers, worker -> worker.computing) / workers.size(),
        sum(workers, worker -> worker.exchanging) / workers.size(),
        averaging,
        seconds,
        workers.stream().map(RoundReport::share).toList());
  }

  private static WorkerTotal share(WorkerReport report) {
    return new WorkerTotal(
        report.worker,
        report.executor,
        report.hardware,
        report.images,
        report.waiting,
        report.computing,
        report.exchanging);
  }

  // Adds in the order of workers; the order in a stream of doubles is not defined.
  private static double sum(List<WorkerReport> workers, ToDoubleFunction<WorkerReport> of) {
    double sum = 0;
    for (WorkerReport worker : workers) {
      sum += of.applyAsDouble(worker);
    }
    return sum;
  }
}
