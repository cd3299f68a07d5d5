package io.sparkmae.job.train;

import io.sparkmae.data.PreparedData;
import io.sparkmae.data.image.BadData;
import io.sparkmae.job.averaging.AveragingMaster;
import io.sparkmae.job.averaging.Compute;
import io.sparkmae.job.averaging.RoundReport;
import io.sparkmae.job.averaging.exchange.StateLost;
import io.sparkmae.job.config.RunConfig;
import io.sparkmae.job.config.RunConfig.Train;
import io.sparkmae.model.MaeGraph;
import io.sparkmae.model.config.Engine;
import io.sparkmae.model.engine.Engines;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.SerializableConfiguration;
import org.deeplearning4j.spark.api.TrainingHook;
import org.deeplearning4j.spark.impl.graph.SparkComputationGraph;

/**
 * A pre-training run: rounds, each a Spark stage of local steps and an average, and checkpoints in
 * between.
 */
public final class Pretraining {

  private static final int LOSSES = 3; // of the average, from one checkpoint to the next

  private final RunConfig run;
  private final RoundPlan plan;
  private final MaeGraph graph;
  private final AveragingMaster master;
  private final Rounds rounds;
  private final Progress progress;
  private final StopSignal stop;
  private final Checkpoints checkpoints;
  private final Consumer<MaeGraph> start;
  private ResumePoint kept; // null: the beginning
  private int keptStep;
  private long keptAt = System.nanoTime();

  private Pretraining(
      RunConfig run,
      Rounds rounds,
      MaeGraph graph,
      Progress progress,
      StopSignal stop,
      ResumePoint from,
      Consumer<MaeGraph> start,
      Checkpoints checkpoints) {
    this.run = run;
    this.start = start;
    this.rounds = rounds;
    this.plan = rounds.plan();
    this.master = rounds.master();
    this.graph = graph;
    this.progress = progress;
    this.stop = stop;
    this.checkpoints = checkpoints;
    this.kept = from;
    this.keptStep = from == null ? 0 : from.state().iteration();
    stop.kept(keptStep);
  }

  /**
   * Trains on the prepared data that {@code run} names, from the beginning to the end.
   *
   * @throws BadData if there are no images, or one cannot be read
   * @throws NonFiniteLoss if the loss becomes NaN or infinite
   */
  public static Trained train(SparkSession session, RunConfig run) throws IOException {
    return train(session, run, null, Checkpoints.NONE, List.of());
  }

  /**
   * Trains on the prepared data that {@code run} names, from one of this run's checkpoints on.
   *
   * @param workers as {@link #workers} counted them for the run's record
   * @param from null for the beginning
   * @param start gives a graph the weights of the beginning; the same ones at every call
   * @param checkpoints receives the run's state when {@link RunConfig#checkpoints} says so, and at
   *     the end
   * @throws io.sparkmae.job.averaging.exchange.BrokenState if a file of {@code from} is not what
   *     was written
   * @throws Stopped if SIGTERM ended the run
   */
  public static Trained train(
      SparkSession session,
      RunConfig run,
      int workers,
      ResumePoint from,
      Consumer<MaeGraph> start,
      Checkpoints checkpoints)
      throws IOException {
    return train(session, run, workers, from, start, checkpoints, List.of());
  }

  /** Trains with hooks that the workers call around every step. */
  static Trained train(
      SparkSession session,
      RunConfig run,
      ResumePoint from,
      Checkpoints checkpoints,
      List<TrainingHook> hooks)
      throws IOException {
    int workers = workers(JavaSparkContext.fromSparkContext(session.sparkContext()), run);
    Consumer<MaeGraph> start = graph -> graph.initialise(run.train().seed());
    return train(session, run, workers, from, start, checkpoints, hooks);
  }

  @SuppressWarnings("try") // the metrics are there to be closed
  private static Trained train(
      SparkSession session,
      RunConfig run,
      int workers,
      ResumePoint from,
      Consumer<MaeGraph> start,
      Checkpoints checkpoints,
      List<TrainingHook> hooks)
      throws IOException {
    JavaSparkContext spark = JavaSparkContext.fromSparkContext(session.sparkContext());
    Configuration hadoop = spark.hadoopConfiguration();
    PreparedData data = PreparedData.open(run.data().uri(), hadoop);
    if (data.rows() == 0) {
      throw new BadData("No images in " + data.uri() + " (see its rejects, and prepare it again)");
    }
    RoundPlan plan = RoundPlan.of(run, data.rows(), workers);
    Progress.say(run, plan, data);
    MaeGraph graph = TrainedGraph.blank(run, plan);
    if (from == null) {
      start.accept(graph);
    }
    Progress progress =
        new Progress(
            run.train().epochs(),
            crops(run, data.rows()) * run.train().epochs(),
            from == null ? List.of() : from.metrics());
    URI fileSystem = new Path(data.uri()).getFileSystem(hadoop).getUri();
    MinibatchLoader loader =
        new MinibatchLoader(data, run, plan.workers(), new SerializableConfiguration(hadoop));
    try (AveragingMaster master = new AveragingMaster(spark, graph, run.averaging().outer());
        StopSignal stop = StopSignal.watch(spark.sc());
        TrainingMetrics metrics = TrainingMetrics.register(progress)) {
      hooks.forEach(master::addHook);
      master.accumulate(run.train().accumulation());
      master.exchangeIn(run.averaging().exchangePrecision());
      master.compute(compute(run.train(), TaskSlots.haveGpus(spark.getConf())));
      SparkComputationGraph onSpark = new SparkComputationGraph(spark, graph, master);
      Rounds rounds = new Rounds(spark, plan, fileSystem, onSpark, master, loader);
      if (from != null) {
        master.startFrom(from.version(), from.state());
      }
      return new Pretraining(run, rounds, graph, progress, stop, from, start, checkpoints).train();
    } finally {
      spark.clearJobGroup();
    }
  }

  /**
   * The workers that {@code run} has on this cluster; to be asked once a run, since executors come.
   *
   * @throws IllegalArgumentException if tasks have GPUs, and not one each, or if the slots are to
   *     be counted and executors come and go
   * @throws SlotsMissing if executors that were asked for have not come
   */
  public static int workers(JavaSparkContext spark, RunConfig run) {
    TaskSlots.haveGpus(spark.getConf());
    return run.train().workers() > 0 ? run.train().workers() : TaskSlots.count(spark.sc());
  }

  private Trained train() throws IOException {
    int step = keptStep;
    int lost = 0;
    boolean done = false;
    while (!done) {
      Round round = plan.at(step);
      boolean last = round.lastStep() + 1 == plan.steps();
      boolean due = isDue();
      master.averageMoments(run.averaging().optimiserState() || due || last);
      try {
        train(round);
        if (due || last) {
          keep(round.lastStep() + 1);
          lost = 0;
        }
        step = round.lastStep() + 1;
        done = last;
      } catch (StateLost e) {
        if (++lost > LOSSES) {
          throw e;
        }
        step = goBack(e);
      }
    }
    return soFar(true);
  }

  private int goBack(StateLost lost) {
    System.err.printf(
        "%s; the run goes on by itself, going back to step %d%n", lost.getMessage(), keptStep);
    progress.rewind(keptStep);
    if (kept != null) {
      master.startFrom(kept.version(), kept.state());
    } else {
      start.accept(graph); // it may hold a part of the last average
      master.startOver(keptStep);
    }
    return keptStep;
  }

  private void train(Round round) throws IOException {
    String group = "epoch " + (round.epoch() + 1);
    rounds
        .spark()
        .setJobGroup(group, "steps %d to %d".formatted(round.firstStep(), round.lastStep()));
    stop.guard(group);
    try {
      if (stop.requested()) {
        stop(round.firstStep());
      }
      RoundReport report = rounds.train(round);
      progress.completed(round, report, plan.schedule().valueAt(round.lastStep(), round.epoch()));
    } catch (StateLost | NonFiniteLoss | Stopped e) {
      throw e;
    } catch (Exception e) { // Spark's are checked, though nothing says that they are thrown
      if (stop.requested()) {
        stop(round.firstStep());
      }
      throw e;
    } finally {
      stop.guard(null);
    }
  }

  // A round that was cut off left nothing: the state is the last average.
  private void stop(int step) throws IOException {
    stop.guard(null); // what follows is to end
    rounds.spark().setJobGroup("checkpoint", "state before step " + step);
    if (step > keptStep) {
      if (!master.hasMoments()) {
        master.averageOwnMoments();
      }
      keep(step);
    }
    throw new Stopped(step);
  }

  private void keep(int step) throws IOException {
    long start = System.nanoTime();
    boolean finished = step == plan.steps();
    rounds.spark().setJobGroup("checkpoint", "state before step " + step);
    ResumePoint point = checkpoints.keep(soFar(finished));
    if (finished) {
      master.fetch(); // for whoever keeps nothing
    }
    keptAt = System.nanoTime();
    if (point != null) {
      kept = point;
      keptStep = step;
      stop.kept(step);
      System.err.printf(
          "checkpoint %s before step %d, in %.1f s%n",
          point.version(), step, (keptAt - start) / 1e9);
    }
  }

  private boolean isDue() {
    RunConfig.Checkpoints rule = run.checkpoints();
    int done = progress.rounds() + 1;
    boolean byRounds = rule.rounds() > 0 && done % rule.rounds() == 0;
    boolean byTime = rule.minutes() > 0 && System.nanoTime() - keptAt > rule.minutes() * 60e9;
    return byRounds || byTime;
  }

  private Trained soFar(boolean finished) {
    int epoch = (int) Math.ceil((double) progress.images() / crops(run, plan.images())) - 1;
    return new Trained(
        graph,
        master::write,
        progress.metrics(),
        progress.lossSince(epoch),
        progress.images(),
        progress.imagesPerSecond(),
        finished);
  }

  private static long crops(RunConfig run, long images) {
    return images * run.data().cropsPerImage();
  }

  /** Decided here, for all workers: a worker that cannot run it fails. */
  private static Compute compute(Train train, boolean gpus) {
    boolean onlyWorkersKnow = gpus && train.engine() == Engine.CUDA; // drivers have no GPU
    Engine engine =
        onlyWorkersKnow ? Engine.CUDA : Engines.resolve(train.engine(), train.precision(), true);
    System.err.printf(
        "engine %s, %s, %s%n",
        engine,
        train.precision(),
        train.maxGradientNorm() > 0
            ? "gradients clipped at norm " + train.maxGradientNorm()
            : "gradients not clipped");
    return new Compute(engine, train.precision(), train.maxGradientNorm());
  }
}
