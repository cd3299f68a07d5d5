package io.sparkmae.job.averaging;

import io.sparkmae.job.averaging.exchange.Average;
import io.sparkmae.job.averaging.exchange.BrokenState;
import io.sparkmae.job.averaging.exchange.ExchangePrecision;
import io.sparkmae.job.averaging.exchange.Results;
import io.sparkmae.job.averaging.exchange.Slices.Slice;
import io.sparkmae.job.averaging.exchange.StateLost;
import io.sparkmae.job.averaging.exchange.StoredState;
import io.sparkmae.job.spark.PartitionJob;
import io.sparkmae.job.spark.Sent;
import io.sparkmae.job.spark.SparkBlocks;
import io.sparkmae.job.store.VersionWriter;
import io.sparkmae.model.EngineGraph;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
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
 * <p>A single worker in the driver's process exchanges nothing: its result is the average and stays
 * in its graph, until {@link #fetch} or {@link #write} needs a copy. Its rounds can {@link
 * #endEarly end early}.
 *
 * <p>On executors with equal processors, results do not depend on where tasks ran, nor on those
 * that failed. Workers whose results died with an executor train again; if the average itself is
 * gone, {@link StateLost} is thrown, and {@link #startFrom} or {@link #startOver} goes on from what
 * there is.
 */
public final class AveragingMaster extends PathsMaster implements AutoCloseable {

  private final JavaSparkContext spark;
  private final DriverCopy driver;
  private final StateJobs states;
  private final OuterStep outer;
  private final AveragingStage stage;
  private final Accumulators accumulators;
  private final EarlyEnd earlyEnd = new EarlyEnd();
  private final KnownWorkers workers = new KnownWorkers();
  private WorkerTask.Run run;
  private MultiDataSetLoader sent; // with the run
  private Average average;
  private boolean held; // all there is of the average is its worker's graph
  private boolean averageMoments = true;
  private Compute compute = Compute.BY_GRAPH;
  private int parts = 1;
  private ExchangePrecision exchange = ExchangePrecision.FP32;
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
    this.stage = new AveragingStage(spark, driver.slices(), outer, workers);
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

  /** Says what workers' results and averages travel in; fp32 at first. */
  public void exchangeIn(ExchangePrecision precision) {
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
    boolean stays = staysWithItsWorker(paths.getNumPartitions());
    if (!stays) {
      publish();
    }
    Results results = new Results(SparkBlocks.newId(), exchange);
    boolean own = !averageMoments && driver.slices().moments() > 0 && !stays;
    Average to = average.next(own, !outer.isPlain(), exchange);
    try {
      earlyEnd.of(to.id());
      report = train(paths, results, to, stays);
    } catch (Exception e) { // Spark's are checked, though nothing says that they are thrown
      to.release();
      ResidentWorker.letGo(to.id());
      throw e;
    } finally {
      if (!stays) {
        SparkBlocks.release(results.id());
      }
      next = List.of();
      earlyEnd.of(Average.NONE);
    }
    if (!held) {
      average.releaseFor(to);
    }
    held = stays;
    average = to.at(average.iteration() + report.steps(), average.epoch());
    driver.configuration().setIterationCount(average.iteration());
  }

  // A failed task of such a master ends the run, so that no task needs the average again. A result
  // that travels in bf16 is not the average.
  private boolean staysWithItsWorker(int workers) {
    boolean runsOnce = spark.sc().master().matches("local(\\[[^,]*])?");
    return runsOnce && workers == 1 && outer.isPlain() && exchange == ExchangePrecision.FP32;
  }

  /**
   * Returns whether the rounds of so many workers can end early, by {@link #endEarly}: a lone
   * worker's graph is the state after each of its steps.
   */
  public boolean canEndEarly(int workers) {
    return staysWithItsWorker(workers);
  }

  /** Ends the running round after the current step. Any thread may call it. */
  public void endEarly() {
    earlyEnd.ask();
  }

  private void publish() {
    if (held) {
      ResidentWorker.publish(average, driver.slices());
    }
    held = false;
  }

  private RoundReport train(JavaRDD<String> paths, Results results, Average to, boolean stays) {
    Stopwatch round = new Stopwatch();
    accumulators.reset();
    int count = paths.getNumPartitions();
    WorkerTask task = new WorkerTask(run, average, count, results, to, stays, next);
    int[] all = IntStream.range(0, paths.getNumPartitions()).toArray();
    List<WorkerReport> reports = new ArrayList<>(PartitionJob.run(paths, task, all));
    if (reports.isEmpty()) {
      throw new IllegalArgumentException(
          "Nothing to train: the round has no minibatches (give every round at least one path)");
    }
    Stopwatch averaging = new Stopwatch();
    if (stays) {
      stage.check(reports, average);
    } else {
      stage.average(reports, again -> PartitionJob.run(paths, task, again), average, results, to);
    }
    return RoundReport.of(reports, averaging.lap(), round.lap());
  }

  /** Makes the driver's graph the average that the first round starts from, if none is there. */
  private void start(MultiDataSetLoader loader) {
    if (run != null && loader != sent) {
      run.destroy();
      run = null;
    }
    if (run == null) {
      run =
          WorkerTask.Run.of(spark, driver, new Sent<>(loader), compute, hooks, parts, accumulators);
      sent = loader;
    }
    if (average == null) {
      average = driver.publish();
    }
    average = average.at(average.iteration(), driver.configuration().getEpochCount());
  }

  /**
   * Brings the last average into the driver's graph, by slice; moments if it has an updater.
   *
   * @throws StateLost if a slice is nowhere; the graph is then of no use any more
   */
  public void fetch() {
    publish();
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
    Results own = new Results(average.ownMoments(), ExchangePrecision.FP32);
    Average whole = average.withOwnMomentsAveraged();
    List<Slice> moments = driver.slices().ofMoments();
    long[] images = workers.images().clone();
    for (int worker = 0; worker < images.length; worker++) {
      images[worker] = own.areThere(moments, worker) ? images[worker] : 0;
    }
    if (!stage.missing(moments, average, own, whole, images).isEmpty()) {
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
    publish();
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
      ResidentWorker.letGo(average.id());
      average.release();
      average.releaseBefore();
    }
    average = null;
    held = false;
  }
}
