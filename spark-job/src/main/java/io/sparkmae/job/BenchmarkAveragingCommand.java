package io.sparkmae.job;

import io.sparkmae.job.averaging.exchange.ExchangePlan;
import io.sparkmae.job.averaging.exchange.ExchangePrecision;
import io.sparkmae.job.averaging.exchange.Slices;
import io.sparkmae.job.averaging.exchange.Traffic;
import io.sparkmae.job.benchmark.AveragingBenchmark;
import io.sparkmae.job.plan.RoundTime;
import io.sparkmae.job.spark.Sessions;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code mae benchmark averaging}: measures the time of a round besides its steps. */
@Command(
    name = "averaging",
    description = "Measures what a round of averaging costs beside its steps.")
final class BenchmarkAveragingCommand implements Callable<Outcome> {

  @Option(
      names = "--parameters",
      defaultValue = "112000000",
      paramLabel = "N",
      description = "At least so many parameters.")
  private long parameters;

  @Option(
      names = "--workers",
      defaultValue = "2",
      paramLabel = "N",
      description = "Workers; each should have an executor.")
  private int workers;

  @Option(
      names = "--rounds",
      defaultValue = "4",
      paramLabel = "N",
      description = "Rounds; the first is not counted.")
  private int rounds;

  @Option(
      names = "--average-optimizer-state",
      arity = "0..1",
      defaultValue = "false",
      fallbackValue = "true",
      paramLabel = "true|false",
      description = "Averages Adam's moments too; without, steps are plain gradient descent.")
  private boolean optimiserState;

  @Option(
      names = "--exchange-precision",
      defaultValue = "fp32",
      paramLabel = "fp32|bf16|int4",
      description = "What results and averages travel in; DL4J's own master has fp32.")
  private ExchangePrecision exchange;

  @Option(
      names = "--stock",
      arity = "0..1",
      defaultValue = "true",
      fallbackValue = "true",
      paramLabel = "true|false",
      description = "Measures DL4J's own master too.")
  private boolean stock;

  @Option(
      names = "--simulate",
      description = "Counts what a round moves, and runs nothing: each worker has an executor.")
  private boolean simulate;

  @Option(
      names = "--network-gbps",
      defaultValue = "10",
      paramLabel = "GBPS",
      description = "Speed of an executor's network, for --simulate.")
  private double networkGbps;

  /**
   * The result of {@code --simulate}.
   *
   * @param round its seconds, by kind
   */
  record Simulated(long parameters, int workers, Traffic traffic, RoundTime round) {}

  @Override
  public Outcome call() {
    if (parameters < 1 || workers < 1 || rounds < 2) {
      throw new IllegalArgumentException(
          "Invalid benchmark: %d parameters, %d workers, %d rounds (must be at least 1, 1 and 2)"
              .formatted(parameters, workers, rounds));
    }
    if (simulate) {
      return Outcome.done(simulated());
    }
    AveragingBenchmark benchmark =
        new AveragingBenchmark(
            Sessions.open("benchmark averaging"),
            parameters,
            workers,
            rounds,
            optimiserState,
            exchange);
    return Outcome.done(benchmark.run(stock));
  }

  private Simulated simulated() {
    long actual = AveragingBenchmark.parameters(parameters);
    Slices slices = new Slices(actual, optimiserState ? 2 * actual : 0);
    Traffic traffic = Traffic.of(new ExchangePlan(slices, workers, true), exchange, workers);
    return new Simulated(actual, workers, traffic, RoundTime.of(traffic, workers, networkGbps, 1));
  }
}
