package io.sparkmae.job.averaging;

import io.sparkmae.job.averaging.exchange.Average;
import io.sparkmae.job.averaging.exchange.BrokenState;
import io.sparkmae.job.averaging.exchange.ExchangePlan;
import io.sparkmae.job.averaging.exchange.Results;
import io.sparkmae.job.averaging.exchange.Slices.Slice;
import io.sparkmae.job.averaging.exchange.StateLost;
import io.sparkmae.job.averaging.exchange.StoredState;
import io.sparkmae.job.spark.PartitionJob;
import io.sparkmae.job.spark.Sent;
import io.sparkmae.job.spark.SparkBlocks;
import io.sparkmae.job.store.VersionWriter;
import io.sparkmae.model.EngineGraph;
import io.sparkmae.model.config.Precision;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.deeplearning4j.core.loader.DataSetLoader;
import org.deeplearning4j.core.loader.MultiDataSetLoader;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.spark.impl.graph.SparkComputationGraph;
import org.deeplearning4j.spark.impl.multilayer.SparkDl4jMultiLayer;

/**
 * Parameter averaging behind DL4J's interface: one {@link SparkComputationGraph#fitPaths} is one
 * round.
 *
 * <p>A partition of the paths is a worker, a path is a minibatch, and every path is trained;
 * several may come as lines of one string. A round is one stage of local steps from the last
 * average, and a short one that averages the results, weighed by images. Vectors move in slices
 * between executors and never through the driver, whose graph stays as it was until {@link #fetch};
 * its counters advance. {@link #write} stores them from the executors too, and {@link #startFrom}
 * reads them there.
 *
 * <p>On executors with equal processors, results do not depend on where tasks ran, nor on those
 * that failed. Workers whose results died with an executor train again; if the average itself is
 * gone, {@link StateLost} is thrown, and {@link #startFrom} or {@link #startOver} goes on from what
 * there is.
 */
public final class AveragingMaster extends PathsMaster implements AutoCloseable {

  private static final int ATTEMPTS = 4; // Spark's for a task

  private final JavaSparkContext spark;
  private final DriverCopy driver;
  private final StateJobs states;
  private final OuterStep outer;
  private final Accumulators accumulators;
  private final KnownWorkers workers = new KnownWorkers();
  private WorkerTask.Run run;
  private MultiDataSetLoader sent; // with the run
  private Average average;
  private boolean averageMoments = true;
  private Compute compute = Compute.BY_GRAPH;
  private int parts = 1;
  private Precision exchange = Precision.FP32;
  private List<List<String>> next = List.of();
  private RoundReport report;

  /**
   * A master for one network.
   *
   * @param network also the {@link SparkComputationGraph}'s; fp32
   * @param outer what is done with the average
   */
  public AveragingMaster(JavaSparkContext spark, ComputationGraph network, OuterStep outer) {
    this.spark = spark;
    this.driver = DriverCopy.of(network);
    this.states = new StateJobs(spark, driver.slices());
    this.outer = outer;
    this.accumulators = new Accumulators(spark.sc());
  }

  /**
   * Says whether the next rounds average the optimiser's moments with the parameters; true at
   * first. If not, each worker keeps its own, and one whose executor died starts at zero.
   */
  public void averageMoments(boolean averaged) {
    averageMoments = averaged;
  }

  /** Says what computes the workers' steps; the graph itself at first. Before the first round. */
  public void compute(Compute by) {
    compute = by;
  }

  /** Lets workers compute an {@link EngineGraph}'s minibatch in parts; before the first round. */
  public void accumulate(int partsOfMinibatch) {
    parts = partsOfMinibatch;
  }

  /** Says what workers' results travel in, fp32 or bf16; fp32 at first. */
  public void exchangeIn(Precision precision) {
    exchange = precision;
  }

  /** Names each worker's first minibatches of the round after the next, to be loaded early. */
  public void announce(List<List<String>> paths) {
    next = paths;
  }

  /** Returns where the worker's last task ran, as a preferred location; empty if unknown. */
  public List<String> location(int worker) {
    return spark.isLocal() ? List.of() : workers.location(worker);
  }

  /** Returns how the last round went. */
  public RoundReport report() {
    return report;
  }

  @Override
  public void executeTrainingPaths(
      SparkDl4jMultiLayer network,
      SparkComputationGraph graph,
      JavaRDD<String> paths,
      DataSetLoader loader,
      MultiDataSetLoader multiLoader) {
    if (multiLoader == null) {
      throw pathsAlone();
    }
    start(multiLoader);
    Results results = new Results(SparkBlocks.newId(), exchange);
    Average to = Average.next(!averageMoments && driver.slices().moments() > 0, !outer.isPlain());
    try {
      report = train(paths, results, to);
    } catch (Exception e) { // Spark's are checked, though nothing says that they are thrown
      to.release();
      throw e;
    } finally {
      SparkBlocks.release(results.id());
      next = List.of();
    }
    average.release();
    average = to.at(average.iteration() + report.steps(), average.epoch());
    driver.configuration().setIterationCount(average.iteration());
  }

  private RoundReport train(JavaRDD<String> paths, Results results, Average to) {
    Stopwatch round = new Stopwatch();
    accumulators.reset();
    WorkerTask task =
        new WorkerTask(run, average, paths.getNumPartitions(), results, to.ownMoments(), next);
    int[] all = IntStream.range(0, paths.getNumPartitions()).toArray();
    List<WorkerReport> reports = new ArrayList<>(PartitionJob.run(paths, task, all));
    if (reports.isEmpty()) {
      throw new IllegalArgumentException(
          "Nothing to train: the round has no minibatches (give every round at least one path)");
    }
    Stopwatch averaging = new Stopwatch();
    average(reports, again -> PartitionJob.run(paths, task, again), results, to);
    return RoundReport.of(reports, averaging.lap(), round.lap());
  }

  private void average(
      List<WorkerReport> reports,
      Function<int[], List<WorkerReport>> trainAgain,
      Results results,
      Average to) {
    List<Slice> averaged = driver.slices().averaged(to.withMoments());
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      check(reports);
      List<Integer> missing = missing(averaged, results, to, workers.images());
      if (missing.isEmpty()) {
        return;
      }
      System.err.printf("workers %s lost their results and train again%n", missing);
      for (WorkerReport again : trainAgain.apply(missing.stream().mapToInt(i -> i).toArray())) {
        reports.replaceAll(old -> old.worker == again.worker ? again : old);
      }
    }
    throw new StateLost(average.iteration());
  }

  private void check(List<WorkerReport> reports) {
    workers.saw(reports);
    if (reports.stream().anyMatch(worker -> worker.lost)) {
      throw new StateLost(average.iteration());
    }
  }

  /** Averages slices; the workers whose results of them are nowhere. */
  private List<Integer> missing(List<Slice> slices, Results results, Average to, long[] images) {
    AverageTask task = new AverageTask(driver.slices(), average, results, to, images, outer);
    List<Integer> indices = slices.stream().map(Slice::index).toList();
    try {
      int tasks = ExchangePlan.tasks(indices.size(), images.length);
      int[] all = IntStream.range(0, tasks).toArray();
      return PartitionJob.run(spark.parallelize(indices, tasks), task, all).stream()
          .distinct()
          .toList();
    } catch (Exception e) {
      if (PartitionJob.cause(e, StateLost.class).isPresent()) {
        throw new StateLost(average.iteration());
      }
      throw e;
    }
  }

  /** Makes the driver's graph the average that the first round starts from, if none is there. */
  private void start(MultiDataSetLoader loader) {
    if (run != null && loader != sent) {
      run.destroy();
      run = null;
    }
    if (run == null) {
      run = describe(loader);
      sent = loader;
    }
    if (average == null) {
      average = driver.publish();
    }
    average = average.at(average.iteration(), driver.configuration().getEpochCount());
  }

  private WorkerTask.Run describe(MultiDataSetLoader loader) {
    // DL4J's clone() forgets the counters, so a worker's graph is the same in all rounds
    String json = driver.configuration().clone().toJson();
    return new WorkerTask.Run(
        spark.broadcast(json),
        spark.broadcast(new Sent<>(loader)),
        driver.state().graph() instanceof EngineGraph,
        compute,
        driver.slices(),
        hooks,
        parts,
        accumulators);
  }

  /**
   * Brings the last average into the driver's graph, by slice; moments if it has an updater.
   *
   * @throws StateLost if a slice is nowhere; the graph is then of no use any more
   */
  public void fetch() {
    driver.fetch(average);
  }

  /** Returns whether the last average has moments too; if not, each worker has its own. */
  public boolean hasMoments() {
    return average.withMoments();
  }

  /**
   * Averages the moments that workers kept for themselves in the last round; those that died with
   * an executor do not count.
   */
  public void averageOwnMoments() {
    Results own = new Results(average.ownMoments(), Precision.FP32);
    Average whole = average.withOwnMomentsAveraged();
    List<Slice> moments = driver.slices().ofMoments();
    long[] images = workers.images().clone();
    for (int worker = 0; worker < images.length; worker++) {
      images[worker] = own.areThere(moments, worker) ? images[worker] : 0;
    }
    if (!missing(moments, own, whole, images).isEmpty()) {
      throw new StateLost(average.iteration());
    }
    SparkBlocks.release(average.ownMoments());
    average = whole;
  }

  /**
   * Stores the last average, which {@link #hasMoments}, in a version: executors write what they
   * have. Meanwhile the driver fetches the parameters, and then does what it is told to.
   *
   * @throws StateLost if a slice is nowhere
   */
  public StoredState write(VersionWriter version, StateJobs.Meanwhile meanwhile)
      throws IOException {
    return states.write(
        average,
        version,
        workers.images().length,
        () -> {
          fetch();
          meanwhile.run();
        });
  }

  /**
   * Goes on from what {@link #write} stored in the version at {@code uri}: executors read it.
   *
   * @throws BrokenState if a file of it is not what was written
   * @throws IllegalArgumentException if it is of another network
   */
  public void startFrom(String uri, StoredState stored) {
    startOver(stored.iteration());
    average = states.read(uri, stored);
  }

  /** Starts from the driver's graph, at {@code iteration}. */
  public void startOver(int iteration) {
    releaseAverage();
    driver.configuration().setIterationCount(iteration);
  }

  /** Forgets the last average and dismisses the workers, on executors too. */
  @Override
  public void close() {
    releaseAverage();
    if (run != null) {
      run.destroy();
      Dismissal.of(spark, workers.executors());
    }
    run = null;
  }

  private void releaseAverage() {
    if (average != null) {
      average.release();
    }
    average = null;
  }
}
