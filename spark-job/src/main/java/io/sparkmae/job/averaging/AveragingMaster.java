package io.sparkmae.job.averaging;

import io.sparkmae.job.averaging.Slices.Slice;
import io.sparkmae.model.MaeGraph;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.LongStream;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.deeplearning4j.core.loader.DataSetLoader;
import org.deeplearning4j.core.loader.MultiDataSetLoader;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.spark.impl.graph.SparkComputationGraph;
import org.deeplearning4j.spark.impl.multilayer.SparkDl4jMultiLayer;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Parameter averaging behind DL4J's interface: one {@link SparkComputationGraph#fitPaths} is one
 * round.
 *
 * <p>A partition of the paths is a worker, a path is a minibatch, and every path is trained. A
 * round is one stage of local steps from the last average, and a short one that averages the
 * results, weighed by images. Vectors move in slices between executors and never through the
 * driver, whose graph stays as it was until {@link #fetch}; its counters advance.
 *
 * <p>Results do not depend on where tasks ran, nor on those that failed. Workers whose results died
 * with an executor train again; if the average itself is gone, {@link StateLost} is thrown, and
 * {@link #restart} goes on from the driver's graph.
 */
public final class AveragingMaster extends PathsMaster implements AutoCloseable {

  private static final int ATTEMPTS = 4; // Spark's for a task

  private final JavaSparkContext spark;
  private final State driver;
  private final OuterStep outer;
  private final State momentum; // null for plain averaging
  private final Accumulators accumulators;
  private final TreeSet<String> described = new TreeSet<>();
  private WorkerTask.Run run;
  private Average average;
  private boolean averageMoments = true;
  private int parts = 1;
  private List<List<String>> next = List.of();
  private List<String> locations = List.of();
  private RoundReport report;

  /**
   * A master for one network.
   *
   * @param network also the {@link SparkComputationGraph}'s; fp32
   * @param outer what is done with the average
   * @param outerMomentum of an earlier run, as long as the parameters; null for none
   */
  public AveragingMaster(
      JavaSparkContext spark, ComputationGraph network, OuterStep outer, INDArray outerMomentum) {
    this.spark = spark;
    this.driver = State.of(network);
    this.outer = outer;
    this.momentum =
        outer.isPlain()
            ? null
            : State.ofVector(outerMomentum == null ? network.params().like() : outerMomentum);
    this.accumulators = new Accumulators(spark.sc());
  }

  /**
   * Says whether the next rounds average the optimiser's moments with the parameters; true at
   * first. If not, each worker keeps its own, and one whose executor died starts at zero.
   */
  public void averageMoments(boolean averaged) {
    averageMoments = averaged;
  }

  /**
   * Lets workers compute a minibatch's gradient in parts; the loss must be a mean. Before the first
   * round.
   */
  public void accumulate(int partsOfMinibatch) {
    parts = partsOfMinibatch;
  }

  /**
   * Names the first minibatches of the round after the next, for each worker, to be loaded early.
   */
  public void announce(List<List<String>> paths) {
    next = paths;
  }

  /** Where the worker's last task ran, as Spark names preferred locations; empty if unknown. */
  public List<String> location(int worker) {
    return worker < locations.size() && !spark.isLocal()
        ? List.of(locations.get(worker))
        : List.of();
  }

  /** How the last round went. */
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
    start();
    long results = Blocks.newId();
    Average to = nextAverage();
    try {
      report = train(paths, multiLoader, results, to);
    } catch (RuntimeException e) {
      release(to);
      throw e;
    } finally {
      Blocks.release(results);
      next = List.of();
    }
    release(average);
    average = to.at(average.iteration() + report.steps(), average.epoch());
    configuration().setIterationCount(average.iteration());
  }

  private RoundReport train(
      JavaRDD<String> paths, MultiDataSetLoader loader, long results, Average to) {
    Stopwatch round = new Stopwatch();
    WorkerTask task =
        new WorkerTask(
            run, average, paths.getNumPartitions(), results, to.ownMoments(), next, loader);
    JavaRDD<WorkerReport> workers = paths.mapPartitionsWithIndex(task, true);
    List<WorkerReport> reports = new ArrayList<>(workers.collect());
    if (reports.isEmpty()) {
      throw new IllegalArgumentException(
          "Nothing to train: the round has no minibatches (give every round at least one path)");
    }
    Stopwatch averaging = new Stopwatch();
    average(reports, workers, results, to);
    return RoundReport.of(reports, averaging.lap(), round.lap());
  }

  private void average(
      List<WorkerReport> reports, JavaRDD<WorkerReport> workers, long results, Average to) {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      check(reports);
      List<Integer> missing = missingAfterAverage(reports, results, to);
      if (missing.isEmpty()) {
        return;
      }
      System.err.printf("workers %s lost their results and train again%n", missing);
      for (List<WorkerReport> again :
          workers.collectPartitions(missing.stream().mapToInt(i -> i).toArray())) {
        reports.replaceAll(old -> old.worker == again.get(0).worker ? again.get(0) : old);
      }
    }
    throw new StateLost(average.iteration());
  }

  private void check(List<WorkerReport> reports) {
    locations = locations(reports);
    for (WorkerReport worker : reports) {
      if (worker.lost) {
        throw new StateLost(average.iteration());
      }
      if (worker.memory != null && described.add(worker.executor)) {
        System.err.printf("%s: %s%n", worker.executor, worker.memory);
      }
    }
  }

  private List<Integer> missingAfterAverage(List<WorkerReport> reports, long results, Average to) {
    long[] images = new long[1 + reports.get(reports.size() - 1).worker];
    reports.forEach(worker -> images[worker.worker] = worker.images);
    List<Integer> slices =
        driverSlices().averaged(to.withMoments()).stream().map(Slice::index).toList();
    AverageTask task = new AverageTask(driverSlices(), average, results, to, images, outer);
    try {
      int tasks = Math.min(slices.size(), reports.size());
      return spark.parallelize(slices, tasks).mapPartitions(task).collect().stream()
          .distinct()
          .toList();
    } catch (RuntimeException e) {
      throw stateLost(e) ? new StateLost(average.iteration()) : e;
    }
  }

  private static boolean stateLost(Throwable thrown) {
    return thrown != null && (thrown instanceof StateLost || stateLost(thrown.getCause()));
  }

  private static List<String> locations(List<WorkerReport> reports) {
    String[] locations = new String[1 + reports.get(reports.size() - 1).worker];
    Arrays.fill(locations, reports.get(0).executor);
    reports.forEach(worker -> locations[worker.worker] = worker.executor);
    return List.of(locations);
  }

  private Average nextAverage() {
    boolean own = !averageMoments && driver.moments() != null;
    return new Average(
        Blocks.newId(),
        !own,
        own ? Blocks.newId() : Average.NONE,
        outer.isPlain() ? Average.NONE : Blocks.newId(),
        0, // not known before the round
        0);
  }

  /** Makes the driver's state the average that the first round starts from. */
  private void start() {
    if (average == null) {
      run = describe();
      average = publish();
    }
    average = average.at(average.iteration(), configuration().getEpochCount());
  }

  private WorkerTask.Run describe() {
    // DL4J's clone() forgets the counters, which is what makes a worker's graph the same in all
    // rounds.
    String json = configuration().clone().toJson();
    return new WorkerTask.Run(
        spark.broadcast(json),
        driver.graph() instanceof MaeGraph,
        driverSlices(),
        hooks,
        parts,
        accumulators);
  }

  private Average publish() {
    long id = Blocks.newId();
    publish(id, driver);
    long momentumId = momentum == null ? Average.NONE : Blocks.newId();
    if (momentum != null) {
      publish(momentumId, momentum);
    }
    return new Average(
        id,
        true,
        Average.NONE,
        momentumId,
        configuration().getIterationCount(),
        configuration().getEpochCount());
  }

  private static void publish(long id, State state) {
    for (Slice slice : state.slices().averaged(true)) {
      Blocks.put(Blocks.of(id, slice.index()), state.read(slice));
    }
  }

  /**
   * Brings the last average into the driver's graph, slice by slice.
   *
   * <p>Moments only if the last round averaged them.
   *
   * @throws StateLost if a slice is nowhere
   */
  public void fetch() {
    fetch(average.id(), driver, average.withMoments());
    if (momentum != null) {
      fetch(average.outerMomentum(), momentum, false);
    }
  }

  private void fetch(long id, State into, boolean withMoments) {
    for (Slice slice : into.slices().averaged(withMoments)) {
      if (!Blocks.read(Blocks.of(id, slice.index()), numbers -> into.write(slice, numbers))) {
        throw new StateLost(average.iteration());
      }
    }
  }

  /** Whether {@link #fetch} brings moments too. */
  public boolean hasMoments() {
    return average.withMoments();
  }

  /** The outer step's momentum as of the last {@link #fetch}; null for plain averaging. */
  public INDArray outerMomentum() {
    return momentum == null ? null : momentum.params();
  }

  /** Starts over from the driver's graph, at {@code iteration}. */
  public void restart(int iteration) {
    close();
    average = null;
    configuration().setIterationCount(iteration);
  }

  /** Forgets the blocks of the last average. */
  @Override
  public void close() {
    if (average != null) {
      release(average);
    }
  }

  private static void release(Average average) {
    LongStream.of(average.id(), average.ownMoments(), average.outerMomentum())
        .filter(id -> id != Average.NONE)
        .forEach(Blocks::release);
  }

  private Slices driverSlices() {
    return driver.slices();
  }

  private ComputationGraphConfiguration configuration() {
    return driver.graph().getConfiguration();
  }
}
