package io.sparkmae.job.benchmark;

import io.sparkmae.job.config.RunConfig;
import io.sparkmae.job.run.PretrainResult;
import io.sparkmae.job.run.PretrainRun;
import io.sparkmae.job.store.Metric;
import io.sparkmae.job.store.ModelStore;
import io.sparkmae.job.track.Tracker;
import io.sparkmae.job.train.Pretraining;
import io.sparkmae.model.MaeGraph;
import io.sparkmae.model.config.Engine;
import io.sparkmae.model.engine.Engines;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;

/**
 * Compares a whole pre-training run with its steps alone: what reading, exchanging, Spark and
 * checkpoints cost.
 *
 * <p>The steps are timed before the run and after it, by as many processes at once as the run has
 * workers, each with a worker's threads, on this machine.
 */
public final class PretrainBenchmark {

  private final SparkSession session;
  private final RunConfig run;
  private final int steps;

  /**
   * The result of a comparison.
   *
   * @param imagesPerSecond of the run, from the start of its first round to the end of its last;
   *     all workers together
   * @param stepImagesPerSecond of the steps alone, all workers together
   * @param ratio imagesPerSecond ÷ stepImagesPerSecond
   * @param steadyRatio the same without the first round: what a run of hours has
   * @param rounds of the run
   * @param seconds where the run's time went, mean over workers; the sum is the time from the first
   *     line to the last
   */
  public record Result(
      int workers,
      int threads,
      int averagingFrequency,
      double imagesPerSecond,
      double stepImagesPerSecond,
      double ratio,
      double steadyRatio,
      int rounds,
      Map<String, Double> seconds) {}

  /**
   * A comparison.
   *
   * @param steps counted steps of each timing of the steps alone
   */
  public PretrainBenchmark(SparkSession session, RunConfig run, int steps) {
    this.session = session;
    this.run = run;
    this.steps = steps;
  }

  /** Runs it; the run leaves its versions in {@code output}, and begins anew. */
  public Result measure(String output) throws IOException, InterruptedException {
    JavaSparkContext spark = JavaSparkContext.fromSparkContext(session.sparkContext());
    int workers = Pretraining.workers(spark, run);
    int threads =
        spark.isLocal() ? Engines.threads() : spark.getConf().getInt("spark.task.cpus", 1);
    double before = stepRate(workers, threads);
    double start = System.currentTimeMillis() / 1e3;
    PretrainResult result = new PretrainRun(session, run, output, Tracker.OFF).train(false);
    double end = System.currentTimeMillis() / 1e3;
    double alone = (before + stepRate(workers, threads)) / 2;
    List<Metric> rounds = metrics(result.version(), spark.hadoopConfiguration());
    RunTimes times = new RunTimes(start, end, rounds);
    double rate = times.imagesPerSecond(0);
    return new Result(
        workers,
        threads,
        run.train().averagingFrequency(),
        rate,
        alone,
        rate / alone,
        times.imagesPerSecond(1) / alone,
        rounds.size(),
        times.seconds(alone));
  }

  private static List<Metric> metrics(String version, Configuration hadoop) throws IOException {
    return ModelStore.read(version, hadoop, files -> files.read(Metric.FILE, Metric::read));
  }

  /** Returns images a second of the steps alone, {@code workers} processes together. */
  private double stepRate(int workers, int threads) throws InterruptedException {
    StepBenchmark.Settings step = step();
    ExecutorService all = Executors.newFixedThreadPool(workers);
    try {
      List<Callable<StepResult>> processes = new ArrayList<>();
      for (int i = 0; i < workers; i++) {
        processes.add(() -> StepProcess.measure(step, threads));
      }
      double rate = 0;
      for (Future<StepResult> process : all.invokeAll(processes)) {
        rate += process.get().imagesPerSecond();
      }
      return rate;
    } catch (ExecutionException e) {
      throw new IllegalStateException("Cannot time the steps: " + e.getCause().getMessage(), e);
    } finally {
      all.shutdownNow();
    }
  }

  private StepBenchmark.Settings step() {
    RunConfig.Train train = run.train();
    Engine engine = MaeGraph.requireEngine(run.model(), train.engine());
    return new StepBenchmark.Settings(
        run.modelName(),
        run.model(),
        train.cropsOfStep(),
        train.accumulation(),
        steps,
        Engines.resolve(engine, train.precision(), true),
        train.precision(),
        false,
        false);
  }

  /** The times of a run, in seconds since 1970, and its rounds. */
  record RunTimes(double start, double end, List<Metric> rounds) {

    /** Returns the images a second from the start of round {@code first} to the end of the last. */
    double imagesPerSecond(int first) {
      int from = Math.min(first, rounds.size() - 1);
      long images = last().images() - (from == 0 ? 0 : rounds.get(from - 1).images());
      return images / (last().time() - begin(from));
    }

    /**
     * Returns what took how long, in all rounds together.
     *
     * @param alone images a second of the steps alone
     */
    Map<String, Double> seconds(double alone) {
      double between = 0;
      double inRounds = 0;
      double[] parts = new double[3];
      for (int round = 0; round < rounds.size(); round++) {
        Metric metric = rounds.get(round);
        inRounds += duration(round);
        parts[0] += metric.secondsComputing();
        parts[1] += metric.secondsWaiting();
        parts[2] += metric.secondsExchanging();
        between += round == 0 ? 0 : begin(round) - rounds.get(round - 1).time();
      }
      double pure = last().images() / alone;
      double warmUp = warmUp();
      Map<String, Double> seconds = new LinkedHashMap<>();
      seconds.put("startBeforeRounds", begin(0) - start);
      seconds.put("stepsAsAlone", pure);
      seconds.put("firstRoundsSteps", warmUp);
      seconds.put("slowerSteps", parts[0] - pure - warmUp);
      seconds.put("waitingForImages", parts[1]);
      seconds.put("exchanging", parts[2]);
      seconds.put("spark", inRounds - Arrays.stream(parts).sum());
      seconds.put("checkpointsBetweenRounds", between);
      seconds.put("endAfterRounds", end - last().time());
      return seconds;
    }

    /** Returns what the first round's steps took beyond those of the median round. */
    private double warmUp() {
      double[] sorted = IntStream.range(0, rounds.size()).mapToDouble(this::ofAnImage).toArray();
      double first = sorted[0];
      Arrays.sort(sorted);
      return (first - sorted[(sorted.length - 1) / 2]) * images(0);
    }

    private double ofAnImage(int round) {
      return rounds.get(round).secondsComputing() / images(round);
    }

    private Metric last() {
      return rounds.get(rounds.size() - 1);
    }

    private long images(int round) {
      return rounds.get(round).images() - (round == 0 ? 0 : rounds.get(round - 1).images());
    }

    private double duration(int round) {
      return images(round) / rounds.get(round).imagesPerSecond();
    }

    private double begin(int round) {
      return rounds.get(round).time() - duration(round);
    }
  }
}
