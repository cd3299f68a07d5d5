package io.sparkmae.job.train;

import io.sparkmae.data.PreparedData;
import io.sparkmae.data.image.BadData;
import io.sparkmae.job.averaging.AveragingMaster;
import io.sparkmae.job.averaging.Compute;
import io.sparkmae.job.averaging.RoundReport;
import io.sparkmae.job.averaging.exchange.StateLost;
import io.sparkmae.job.config.RunConfig;
import io.sparkmae.job.config.RunConfig.Train;
import io.sparkmae.job.spark.Metrics;
import io.sparkmae.job.store.Metric;
import io.sparkmae.model.EngineGraph;
import io.sparkmae.model.config.Engine;
import io.sparkmae.model.engine.Engines;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.SerializableConfiguration;
import org.deeplearning4j.spark.api.TrainingHook;
import org.deeplearning4j.spark.impl.graph.SparkComputationGraph;

/**
 * A run of a {@link Task}: rounds, each a Spark stage of local steps and an average, and
 * checkpoints in between.
 */
public final class Training {

  private static final int LOSSES = 3; // of the average, from one checkpoint to the next

  private final RunConfig run;
  private final Task task;
  private final RoundPlan plan;
  private final EngineGraph graph;
  private final AveragingMaster master;
  private final Rounds rounds;
  private final Progress progress;
  private final StopSignal stop;
  private final Checkpoints checkpoints;
  private final Consumer<Metric> observer;
  private ResumePoint kept; // null: the beginning
  private int keptStep;
  private long keptAt = System.nanoTime();

  private Training(
      RunConfig run,
      Task task,
      Rounds rounds,
      EngineGraph graph,
      Progress progress,
      StopSignal stop,
      ResumePoint from,
      Checkpoints checkpoints,
      Consumer<Metric> observer) {
    this.run = run;
    this.task = task;
    this.rounds = rounds;
    this.plan = rounds.plan();
    this.master = rounds.master();
    this.graph = graph;
    this.progress = progress;
    this.stop = stop;
    this.checkpoints = checkpoints;
    this.observer = observer;
    this.kept = from;
    this.keptStep = from == null ? 0 : from.state().iteration();
    stop.kept(keptStep);
  }

  /**
   * Trains on the prepared data that {@code run} names, from one of this run's checkpoints on.
   *
   * @param workers as {@link Pretraining#workers} counted them for the run's record
   * @param from null for the beginning
   * @param checkpoints receives the run's state when {@link RunConfig#checkpoints} says so, when
   *     the task's {@link EpochEnd} does, and at the end
   * @param observer is told of every round; must not wait
   * @throws BadData if there are no images, or one cannot be read
   * @throws NonFiniteLoss if the loss becomes NaN or infinite
   * @throws io.sparkmae.job.averaging.exchange.BrokenState if a file of {@code from} is not what
   *     was written
   * @throws Stopped if SIGTERM ended the run
   */
  public static Trained train(
      SparkSession session,
      RunConfig run,
      Task task,
      int workers,
      ResumePoint from,
      Checkpoints checkpoints,
      Consumer<Metric> observer)
      throws IOException {
    return train(session, run, task, workers, from, checkpoints, observer, List.of());
  }

  /** Trains with hooks that the workers call around every step. */
  @SuppressWarnings("try") // the metrics are there to be closed
  static Trained train(
      SparkSession session,
      RunConfig run,
      Task task,
      int workers,
      ResumePoint from,
      Checkpoints checkpoints,
      Consumer<Metric> observer,
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
    SleepingThreads.warning(spark.isLocal(), Engines.threads(), System.getenv())
        .ifPresent(System.err::println);
    EngineGraph graph = task.network().apply(plan.schedule());
    if (from == null) {
      task.start().accept(graph);
    }
    Progress progress = progress(run, data.rows(), from);
    URI fileSystem = new Path(data.uri()).getFileSystem(hadoop).getUri();
    MinibatchLoader loader =
        new MinibatchLoader(
            data, task.samples(), run, plan.workers(), new SerializableConfiguration(hadoop));
    try (AveragingMaster master = new AveragingMaster(spark, graph, run.averaging().outer());
        StopSignal stop = StopSignal.watch();
        Metrics metrics = TrainingMetrics.register(progress)) {
      prepare(master, run, task, hooks, spark.getConf());
      SparkComputationGraph onSpark = new SparkComputationGraph(spark, graph, master);
      Rounds rounds = new Rounds(spark, plan, fileSystem, onSpark, master, loader);
      if (from != null) {
        master.startFrom(from.version(), from.state());
      }
      return new Training(run, task, rounds, graph, progress, stop, from, checkpoints, observer)
          .train();
    } finally {
      spark.clearJobGroup();
    }
  }

  private static Progress progress(RunConfig run, long images, ResumePoint from) {
    return new Progress(
        run.train().epochs(),
        crops(run, images) * run.train().epochs(),
        from == null ? List.of() : from.metrics(),
        from == null ? List.of() : from.workers());
  }

  private static void prepare(
      AveragingMaster master, RunConfig run, Task task, List<TrainingHook> hooks, SparkConf conf) {
    hooks.forEach(master::addHook);
    master.accumulate(run.train().accumulation());
    master.exchangeIn(run.averaging().exchangePrecision());
    master.compute(compute(run.train(), task, conf));
  }

  private Trained train() throws IOException {
    int step = keptStep;
    int lost = 0;
    boolean done = false;
    while (!done) {
      Round round = plan.at(step);
      boolean last = round.lastStep() + 1 == plan.steps();
      boolean due = isDue();
      boolean ends = plan.endsEpoch(round) && task.epochEnd() != EpochEnd.NONE;
      master.averageMoments(run.averaging().optimiserState() || due || last || ends);
      try {
        step = train(round);
        boolean whole = step > round.lastStep();
        boolean asked = whole && ends && endEpoch(round);
        boolean ended = whole && last;
        if (due || ended || asked) {
          keep(step);
          lost = 0;
        }
        done = ended;
      } catch (StateLost e) {
        if (++lost > LOSSES) {
          throw e;
        }
        step = goBack(e);
      }
    }
    return soFar(true);
  }

  private boolean endEpoch(Round round) throws IOException {
    rounds.spark().setJobGroup("epoch end", "after epoch " + (round.epoch() + 1));
    master.fetch();
    return task.epochEnd().reached(graph, round.epoch());
  }

  private int goBack(StateLost lost) {
    System.err.printf(
        "%s; the run goes on by itself, going back to step %d%n", lost.getMessage(), keptStep);
    progress.rewind(keptStep);
    if (kept != null) {
      master.startFrom(kept.version(), kept.state());
    } else {
      task.start().accept(graph); // it may hold a part of the last average
      master.startOver(keptStep);
    }
    return keptStep;
  }

  /** Trains a round; returns the step after it, or after the part of it that was asked to end. */
  private int train(Round round) throws IOException {
    String group = "epoch " + (round.epoch() + 1);
    rounds
        .spark()
        .setJobGroup(group, "steps %d to %d".formatted(round.firstStep(), round.lastStep()));
    stop.ends(
        master.canEndEarly(plan.workers())
            ? master::endEarly
            : () -> rounds.spark().cancelJobGroup(group));
    try {
      if (stop.requested()) {
        stop(round.firstStep());
      }
      RoundReport report = rounds.train(round);
      Round done = round.first(report.steps());
      progress.completed(done, report, plan.schedule().valueAt(done.lastStep(), done.epoch()));
      progress.last().ifPresent(observer);
      return done.lastStep() + 1;
    } catch (StateLost | NonFiniteLoss | Stopped e) {
      throw e;
    } catch (Exception e) { // Spark's are checked, though nothing says that they are thrown
      if (stop.requested()) {
        stop(round.firstStep());
      }
      throw e;
    } finally {
      stop.endsNothing();
    }
  }

  // A round that was cut off left nothing: the state is the last average.
  private void stop(int step) throws IOException {
    stop.endsNothing(); // what follows is to end
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
        progress.workers(),
        progress.lossSince(epoch),
        progress.images(),
        progress.imagesPerSecond(),
        finished);
  }

  private static long crops(RunConfig run, long images) {
    return images * run.data().cropsPerImage();
  }

  private static Compute compute(Train train, Task task, SparkConf conf) {
    Engine engine = WorkersEngine.of(task.engine(train.engine()), train.precision(), true, conf);
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
