package io.sparkmae.job.benchmark;

import io.sparkmae.job.averaging.AveragingMaster;
import io.sparkmae.job.averaging.OuterStep;
import io.sparkmae.job.averaging.RoundReport;
import io.sparkmae.job.averaging.exchange.ExchangePrecision;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleFunction;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.spark.api.RDDTrainingApproach;
import org.deeplearning4j.spark.api.Repartition;
import org.deeplearning4j.spark.impl.graph.SparkComputationGraph;
import org.deeplearning4j.spark.impl.paramavg.ParameterAveragingTrainingMaster;

/**
 * Measures rounds of one step per worker with this project's master and with DL4J's, on the same
 * network, cluster and minibatches.
 */
public final class AveragingBenchmark {

  private final JavaSparkContext spark;
  private final WideNetwork network;
  private final int workers;
  private final int rounds;
  private final boolean moments;
  private final ExchangePrecision exchange;

  /**
   * The result of a measurement: medians over all rounds but the first.
   *
   * @param parameters actual number of the network's parameters
   * @param averagedMoments whether Adam's moments were averaged too
   * @param exchangePrecision number format of exchanged results, with this project's master
   * @param roundSeconds a round without the workers' steps
   * @param exchangeSeconds of these, a worker's time to fetch the average and store its result
   * @param averageSeconds of these, averaging
   * @param firstRoundSeconds whole time of the first round
   * @param stockRoundSeconds the same as roundSeconds with DL4J's master; null if not measured or
   *     failed
   * @param stockRatio roundSeconds ÷ stockRoundSeconds
   * @param stockFailure why DL4J's master failed
   */
  public record Result(
      long parameters,
      int workers,
      boolean averagedMoments,
      String exchangePrecision,
      double roundSeconds,
      double exchangeSeconds,
      double averageSeconds,
      double firstRoundSeconds,
      Double stockRoundSeconds,
      Double stockRatio,
      String stockFailure) {}

  private record Round(double cost, double exchange, double average, double all) {}

  public AveragingBenchmark(
      SparkSession session,
      long parameters,
      int workers,
      int rounds,
      boolean moments,
      ExchangePrecision exchange) {
    this.spark = JavaSparkContext.fromSparkContext(session.sparkContext());
    this.network = WideNetwork.ofAtLeast(parameters);
    this.workers = workers;
    this.rounds = rounds;
    this.moments = moments;
    this.exchange = exchange;
  }

  /** Returns the parameters of the network that has at least so many. */
  public static long parameters(long atLeast) {
    return WideNetwork.ofAtLeast(atLeast).parameters();
  }

  /** Measures this project's master, then, if {@code stock}, DL4J's. */
  public Result run(boolean stock) {
    List<Round> ours = ours();
    Double stockSeconds = null;
    String failure = null;
    if (stock) {
      try {
        stockSeconds = median(stock(), Round::cost);
      } catch (Exception e) { // Spark throws checked exceptions that it does not declare
        failure = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
        System.err.println("mae: the stock master failed: " + failure);
      }
    }
    double cost = median(ours, Round::cost);
    return new Result(
        network.parameters(),
        workers,
        moments,
        exchange.toString(),
        cost,
        median(ours, Round::exchange),
        median(ours, Round::average),
        ours.get(0).all,
        stockSeconds,
        stockSeconds == null ? null : cost / stockSeconds,
        failure);
  }

  private List<Round> ours() {
    ComputationGraph graph = network.create(moments);
    try (AveragingMaster master = new AveragingMaster(spark, graph, OuterStep.NONE)) {
      master.exchangeIn(exchange);
      return rounds(
          "ours",
          new SparkComputationGraph(spark, graph, master),
          seconds -> {
            RoundReport report = master.report();
            return new Round(
                seconds - report.computing(), report.exchanging(), report.averaging(), seconds);
          });
    }
  }

  private List<Round> stock() {
    StepClock clock = new StepClock(spark.sc());
    ParameterAveragingTrainingMaster master =
        new ParameterAveragingTrainingMaster.Builder(workers, 1)
            .batchSizePerWorker(1)
            .averagingFrequency(1)
            .saveUpdater(moments)
            .workerPrefetchNumBatches(0)
            .repartionData(Repartition.Never)
            .rddTrainingApproach(RDDTrainingApproach.Direct)
            .trainingHooks(List.of(clock))
            .build();
    return rounds(
        "stock",
        new SparkComputationGraph(spark, network.create(moments), master),
        seconds -> new Round(seconds - clock.lap() / workers, 0, 0, seconds));
  }

  private List<Round> rounds(
      String name, SparkComputationGraph graph, DoubleFunction<Round> measured) {
    List<Round> done = new ArrayList<>();
    for (int i = 0; i < rounds; i++) {
      long start = System.nanoTime();
      graph.fitPaths(paths(), network.loader());
      Round round = measured.apply((System.nanoTime() - start) / 1e9);
      done.add(round);
      System.err.printf(
          "%s, round %d: %.2f s, %.2f s of it without steps (exchange %.2f, average %.2f)%n",
          name, i, round.all, round.cost, round.exchange, round.average);
    }
    return done;
  }

  private JavaRDD<String> paths() {
    List<String> paths =
        IntStream.range(0, workers).mapToObj(worker -> "file:///#worker=" + worker).toList();
    return spark.parallelize(paths, workers);
  }

  private static double median(List<Round> rounds, ToDoubleFunction<Round> of) {
    double[] sorted = rounds.stream().skip(1).mapToDouble(of).sorted().toArray();
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
