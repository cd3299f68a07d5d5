package io.sparkmae.job.benchmark;

import io.sparkmae.job.averaging.exchange.ExchangePlan;
import io.sparkmae.job.averaging.exchange.ExchangePrecision;
import io.sparkmae.job.averaging.exchange.Slices;
import io.sparkmae.job.averaging.exchange.Traffic;
import io.sparkmae.job.plan.RoundTime;
import io.sparkmae.model.ReferenceNames;
import io.sparkmae.model.config.Engine;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Precision;
import io.sparkmae.model.engine.Engines;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.apache.spark.sql.SparkSession;

/**
 * The efficiency of data parallelism by model, workers and averaging frequency: the share of the
 * time that workers spend in steps.
 *
 * <p>Steps of models up to ViT-B are timed here, and those of larger ones follow from their
 * arithmetic. Rounds of one and of two workers are measured on the session's executors, and those
 * of more are {@link RoundTime}'s.
 */
public final class ScalingBenchmark {

  private static final long MOST_MEASURED = 150_000_000; // parameters: more need other executors
  private static final int STEPS = 3;
  private static final int ROUNDS = 4;

  private final SparkSession session;
  private final int threads;
  private final double networkGbps;

  /** A model, and the images of a worker's step. */
  public record Size(String model, int batchSize) {}

  /**
   * A row of the table.
   *
   * @param measured whether the round was measured here; otherwise it is the model's
   * @param stepSeconds of one worker
   * @param roundSeconds of an average beside the steps, Adam's moments included
   * @param efficiency averaging frequency H → H steps ÷ (H steps + round)
   */
  public record Row(
      String model,
      long parameters,
      int workers,
      boolean measured,
      double stepSeconds,
      double roundSeconds,
      Map<Integer, Double> efficiency) {}

  /**
   * A benchmark.
   *
   * @param threads of a worker
   * @param networkGbps speed of an executor's network, for rounds that are not measured
   */
  public ScalingBenchmark(SparkSession session, int threads, double networkGbps) {
    this.session = session;
    this.threads = threads;
    this.networkGbps = networkGbps;
  }

  /** Returns the table. Larger models come after smaller ones, whose rate gives their steps. */
  public List<Row> table(
      List<Size> sizes, Precision precision, List<Integer> workers, List<Integer> frequencies)
      throws IOException, InterruptedException {
    List<Row> rows = new ArrayList<>();
    double gflops = 0;
    for (Size size : sizes) {
      MaeConfig model = MaeConfig.preset(size.model);
      long parameters = parameters(model);
      double work = Arithmetic.flops(model, false, false) * size.batchSize / 1e9;
      if (gflops == 0 || parameters <= MOST_MEASURED) {
        gflops = work / stepSeconds(size, model, precision);
      }
      for (int count : workers) {
        boolean measured = count <= 2 && parameters <= MOST_MEASURED;
        double round = measured ? measured(parameters, count) : modelled(parameters, count);
        double step = work / gflops;
        rows.add(
            new Row(
                size.model,
                parameters,
                count,
                measured,
                step,
                round,
                efficiency(step, round, frequencies)));
      }
    }
    return rows;
  }

  private static long parameters(MaeConfig model) {
    Map<String, long[]> shapes = ReferenceNames.all(model);
    shapes.keySet().removeIf(ReferenceNames::isFixed);
    return shapes.values().stream()
        .mapToLong(shape -> LongStream.of(shape).reduce(1, (a, b) -> a * b))
        .sum();
  }

  private double stepSeconds(Size size, MaeConfig model, Precision precision)
      throws IOException, InterruptedException {
    Engine engine = Engines.resolve(Engine.AUTO, precision, true);
    var step =
        new StepBenchmark.Settings(
            size.model, model, size.batchSize, 1, STEPS, engine, precision, false, false);
    return StepProcess.measure(step, threads).stepSeconds();
  }

  private double measured(long parameters, int workers) {
    return new AveragingBenchmark(
            session, parameters, workers, ROUNDS, true, ExchangePrecision.FP32)
        .run(false)
        .roundSeconds();
  }

  private double modelled(long parameters, int workers) {
    if (workers == 1) {
      return 0; // in the driver's process it exchanges nothing
    }
    ExchangePlan plan = new ExchangePlan(new Slices(parameters, 2 * parameters), workers, true);
    Traffic traffic = Traffic.of(plan, ExchangePrecision.FP32, workers);
    return RoundTime.of(traffic, workers, networkGbps, threads).seconds();
  }

  private static Map<Integer, Double> efficiency(
      double step, double round, List<Integer> frequencies) {
    Map<Integer, Double> efficiency = new LinkedHashMap<>();
    frequencies.forEach(h -> efficiency.put(h, h * step / (h * step + round)));
    return efficiency;
  }

  /** Returns the table as Markdown. */
  public static String text(List<Row> rows, List<Integer> frequencies) {
    StringBuilder text = new StringBuilder("| model | workers | round | step s | round s |");
    frequencies.forEach(h -> text.append(" H = ").append(h).append(" |"));
    text.append("\n|---|---|---|---|---|").append("---|".repeat(frequencies.size())).append('\n');
    for (Row row : rows) {
      text.append(
          "| %s, %d M | %,d | %s | %.2f | %.2f |"
              .formatted(
                  row.model,
                  row.parameters / 1_000_000,
                  row.workers,
                  row.measured ? "measured" : "model",
                  row.stepSeconds,
                  row.roundSeconds));
      row.efficiency.values().forEach(share -> text.append(" %.2f |".formatted(share)));
      text.append('\n');
    }
    return text.toString();
  }
}
