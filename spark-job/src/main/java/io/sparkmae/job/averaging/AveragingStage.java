package io.sparkmae.job.averaging;

import io.sparkmae.job.averaging.exchange.Average;
import io.sparkmae.job.averaging.exchange.ExchangePlan;
import io.sparkmae.job.averaging.exchange.Results;
import io.sparkmae.job.averaging.exchange.Slices;
import io.sparkmae.job.averaging.exchange.Slices.Slice;
import io.sparkmae.job.averaging.exchange.StateLost;
import io.sparkmae.job.spark.PartitionJob;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaSparkContext;

/** The stage of a round in which executors average the workers' results. */
record AveragingStage(
    JavaSparkContext spark, Slices slices, OuterStep outer, KnownWorkers workers) {

  private static final int ATTEMPTS = 4; // Spark's for a task

  /**
   * Averages the results of a round; workers whose results are nowhere train again.
   *
   * @param reports of the workers; those that trained again are replaced
   * @param trainAgain trains these workers once more
   * @param start the average that the workers started from
   * @param to the average to make
   * @throws StateLost if {@code start} is gone
   */
  void average(
      List<WorkerReport> reports,
      Function<int[], List<WorkerReport>> trainAgain,
      Average start,
      Results results,
      Average to) {
    List<Slice> averaged = slices.averaged(to.withMoments());
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      check(reports, start);
      List<Integer> missing = missing(averaged, start, results, to, workers.images());
      if (missing.isEmpty()) {
        return;
      }
      System.err.printf("workers %s lost their results and train again%n", missing);
      for (WorkerReport again : trainAgain.apply(missing.stream().mapToInt(i -> i).toArray())) {
        reports.replaceAll(old -> old.worker == again.worker ? again : old);
      }
    }
    throw new StateLost(start.iteration());
  }

  /** Takes in the reports of a round; throws {@link StateLost} if a worker could not start. */
  void check(List<WorkerReport> reports, Average start) {
    workers.saw(reports);
    if (reports.stream().anyMatch(worker -> worker.lost)) {
      throw new StateLost(start.iteration());
    }
  }

  /**
   * Averages slices; returns the workers whose results of them are nowhere.
   *
   * @param images trained by each worker; 0 for one without work
   * @throws StateLost if a slice of {@code start} is needed and nowhere
   */
  List<Integer> missing(
      List<Slice> averaged, Average start, Results results, Average to, long[] images) {
    AverageTask task = new AverageTask(slices, start, results, to, images, outer);
    List<Integer> indices = averaged.stream().map(Slice::index).toList();
    try {
      int tasks = ExchangePlan.tasks(indices.size(), images.length);
      int[] all = IntStream.range(0, tasks).toArray();
      return PartitionJob.run(spark.parallelize(indices, tasks), task, all).stream()
          .distinct()
          .toList();
    } catch (Exception e) { // Spark throws checked exceptions that it does not declare
      if (PartitionJob.cause(e, StateLost.class).isPresent()) {
        throw new StateLost(start.iteration());
      }
      throw e;
    }
  }
}
