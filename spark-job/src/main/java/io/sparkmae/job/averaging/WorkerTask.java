package io.sparkmae.job.averaging;

import io.sparkmae.job.averaging.exchange.Average;
import io.sparkmae.job.averaging.exchange.ExchangePrecision;
import io.sparkmae.job.averaging.exchange.Results;
import io.sparkmae.job.averaging.exchange.Slices;
import io.sparkmae.job.spark.Executors;
import io.sparkmae.job.spark.Sent;
import io.sparkmae.model.EngineGraph;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.Function2;
import org.apache.spark.broadcast.Broadcast;
import org.deeplearning4j.core.loader.MultiDataSetLoader;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.spark.api.TrainingHook;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * One worker's share of a round: it starts from the last average, trains its minibatches, and
 * stores the result in slices.
 */
final class WorkerTask implements Function2<Integer, Iterator<String>, Iterator<WorkerReport>> {

  private static final long serialVersionUID = 1;

  private final Run run;
  private final Average start;
  private final int workers;
  private final Results results;
  private final Average to;
  private final boolean stays;
  private final List<List<String>> next;

  /**
   * The settings that stay the same in all rounds of a run.
   *
   * @param configuration of the graph, as JSON of iteration 0
   * @param loader loader of minibatches; it may be large, so it is sent once per executor
   * @param engine whether the graph is an {@link EngineGraph}
   * @param compute the way to compute a step
   * @param parts number of parts in which a minibatch is computed
   * @param accumulators shown on Spark's pages
   */
  record Run(
      Broadcast<String> configuration,
      Broadcast<Sent<MultiDataSetLoader>> loader,
      boolean engine,
      Compute compute,
      Slices slices,
      List<TrainingHook> hooks,
      int parts,
      Accumulators accumulators)
      implements Serializable {

    Run {
      if (!engine && parts > 1) {
        throw new IllegalArgumentException(
            "Invalid parts of a minibatch: %d (only a graph with an engine computes more than 1)"
                .formatted(parts));
      }
    }

    /** Sends what executors need of a run. */
    static Run of(
        JavaSparkContext spark,
        DriverCopy driver,
        Sent<MultiDataSetLoader> loader,
        Compute compute,
        List<TrainingHook> hooks,
        int parts,
        Accumulators accumulators) {
      // DL4J's clone() forgets the counters, so a worker's graph is the same in all rounds
      String json = driver.configuration().clone().toJson();
      return new Run(
          spark.broadcast(json),
          spark.broadcast(loader),
          driver.state().graph() instanceof EngineGraph,
          compute,
          driver.slices(),
          hooks,
          parts,
          accumulators);
    }

    /** Releases the broadcasts, on executors too. */
    void destroy() {
      configuration.destroy();
      loader.destroy();
    }
  }

  /**
   * Makes a task.
   *
   * @param workers number of workers of the round
   * @param results the results to which it adds its own
   * @param to the average that the round makes
   * @param stays whether this worker's result is that average, and stays in its graph
   * @param next for each worker, the first paths of its next round; may be empty
   */
  WorkerTask(
      Run run,
      Average start,
      int workers,
      Results results,
      Average to,
      boolean stays,
      List<List<String>> next) {
    this.run = run;
    this.start = start;
    this.workers = workers;
    this.results = results;
    this.to = to;
    this.stays = stays;
    this.next = next;
  }

  @Override
  public Iterator<WorkerReport> call(Integer worker, Iterator<String> share) throws Exception {
    List<String> paths = new ArrayList<>();
    share.forEachRemaining(lines -> lines.lines().forEach(paths::add));
    if (paths.isEmpty()) {
      return List.<WorkerReport>of().iterator();
    }
    WorkerReport report = new WorkerReport(worker, Executors.here());
    List<String> coming = coming(worker, paths);
    ResidentWorker resident = ResidentWorker.take(run, worker, start, coming);
    try {
      train(resident, paths, coming, report);
      Cancelled.check();
    } catch (Exception | Error e) {
      resident.close(); // its graph may have stopped within a step
      forget(worker);
      throw e;
    }
    if (stays && !report.lost) {
      resident.hold(to.id());
    } else {
      resident.release();
    }
    run.accumulators.add(report);
    return List.of(report).iterator();
  }

  // Blocks stored after the round was given up would stay until the application ends.
  private void forget(int worker) {
    results.forget(run.slices.averaged(true), worker);
    new Results(to.ownMoments(), ExchangePrecision.FP32).forget(run.slices.ofMoments(), worker);
  }

  /** Returns the paths of the minibatches of this round and the first ones of the next. */
  private List<String> coming(int worker, List<String> paths) {
    List<String> coming = new ArrayList<>(paths);
    if (worker < next.size()) {
      coming.addAll(next.get(worker));
    }
    return coming;
  }

  private void train(
      ResidentWorker resident, List<String> paths, List<String> coming, WorkerReport report)
      throws InterruptedException {
    MultiDataSetLoader loader = run.loader.value().value();
    resident.prefetch().expect(coming, loader);
    Stopwatch watch = new Stopwatch();
    report.processor = run.compute.processor();
    report.hardware = Hardware.name(resident.gpu());
    report.memory = Memory.onceOf(run.slices, run.parts);
    report.lost = !resident.load(run.slices, start, results, workers);
    report.exchanging += watch.lap();
    if (report.lost) {
      return;
    }
    for (int i = 0; i < paths.size() && !endsEarly(i); i++) {
      Cancelled.check();
      resident.prefetch().expect(coming.subList(i, coming.size()), loader);
      MultiDataSet minibatch = resident.prefetch().take(paths.get(i));
      report.waiting += watch.lap();
      if (i + 1 < coming.size()) {
        resident
            .prefetch()
            .peek(coming.get(i + 1))
            .ifPresent(next -> Compute.expect(resident.state().graph(), next));
      }
      step(resident.state().graph(), minibatch, report);
      report.computing += watch.lap();
    }
    resident.prefetch().expect(coming.subList(paths.size(), coming.size()), loader);
    if (!stays) {
      leave(resident, report);
    }
    report.exchanging += watch.lap();
  }

  // After a step, since a round without any is none.
  private boolean endsEarly(int step) {
    return stays && step > 0 && EarlyEnd.isAsked(to.id());
  }

  private void leave(ResidentWorker resident, WorkerReport report) {
    boolean own = to.ownMoments() != Average.NONE;
    report.lost = !resident.leave(results, run.slices.averaged(!own), start);
    if (own) {
      resident.leave(
          new Results(to.ownMoments(), ExchangePrecision.FP32), run.slices.ofMoments(), start);
    }
  }

  private void step(ComputationGraph graph, MultiDataSet minibatch, WorkerReport report) {
    run.hooks.forEach(hook -> hook.preUpdate(minibatch, graph));
    double loss = Compute.fit(graph, minibatch, run.parts);
    run.hooks.forEach(hook -> hook.postUpdate(minibatch, graph));
    long size = minibatch.getFeatures(0).size(0);
    report.steps++;
    report.images += size;
    report.lossSum += size * loss;
    report.normSum += Compute.gradientNorm(graph);
  }
}
