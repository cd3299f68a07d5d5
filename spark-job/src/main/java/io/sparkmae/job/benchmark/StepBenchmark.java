package io.sparkmae.job.benchmark;

import io.sparkmae.job.store.Json;
import io.sparkmae.model.MaeBatch;
import io.sparkmae.model.MaeGraph;
import io.sparkmae.model.config.Engine;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Precision;
import io.sparkmae.model.engine.Engines;
import io.sparkmae.model.engine.LargeProduct;
import io.sparkmae.model.engine.MaeEngine;
import io.sparkmae.model.optimiser.AdamW;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.stream.LongStream;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.schedule.FixedSchedule;

/**
 * Times whole pre-training steps: forward, backward and AdamW, each on fresh masks.
 *
 * <p>It runs in a process of its own, so that threads and peak memory are those of the step.
 */
public final class StepBenchmark {

  // Until Java's compilers are through with what a step calls; memory and masks take two steps.
  private static final int WARM_UP = 2;
  private static final double WARM_UP_SECONDS = 3;
  private static final int BATCHES = 4;

  private StepBenchmark() {}

  /**
   * The settings of a measurement.
   *
   * @param parts number of parts in which a step's images are computed
   * @param fullEncoder puts all tokens through the encoder, as the paper's baseline does
   * @param profile measures each operation
   */
  public record Settings(
      String name,
      MaeConfig model,
      int batchSize,
      int parts,
      int steps,
      Engine engine,
      Precision precision,
      boolean fullEncoder,
      boolean profile) {}

  /** Takes {@link Settings} as one JSON argument; prints {@link StepResult} as one line. */
  public static void main(String[] args) throws IOException {
    PrintStream out = System.out;
    System.setOut(new PrintStream(OutputStream.nullOutputStream())); // SameDiff prints there
    out.println(Json.line(run(Json.parse(args[0], Settings.class))));
  }

  private static StepResult run(Settings settings) throws IOException {
    MaeGraph graph = MaeGraph.create(settings.model(), AdamW.of(new FixedSchedule(1e-4)), 0.05, 0);
    graph.use(settings.engine(), settings.precision());
    if (settings.fullEncoder()) {
      graph.engine().useFullEncoder();
    }
    if (settings.profile()) {
      graph.engine().measureOperations();
    }
    MultiDataSet[] batches = batches(settings);
    warmUp(graph, batches, settings.parts());
    Map<String, Long> before = times(graph.engine());
    double[] seconds = new double[settings.steps()];
    for (int step = 0; step < seconds.length; step++) {
      long start = System.nanoTime();
      fit(graph, batches, step, settings.parts());
      seconds[step] = (System.nanoTime() - start) / 1e9;
      System.err.printf("step %d: %.3f s, loss %.4f%n", step + 1, seconds[step], graph.score());
    }
    return result(settings, graph, seconds, before);
  }

  private static void warmUp(MaeGraph graph, MultiDataSet[] batches, int parts) {
    long start = System.nanoTime();
    int step = 0;
    while (step < WARM_UP || System.nanoTime() - start < WARM_UP_SECONDS * 1e9) {
      fit(graph, batches, step++, parts);
    }
  }

  private static void fit(MaeGraph graph, MultiDataSet[] batches, int step, int parts) {
    graph.expect(batches[(step + 1) % BATCHES]);
    graph.fit(batches[step % BATCHES], parts);
  }

  private static MultiDataSet[] batches(Settings settings) {
    MaeConfig model = settings.model();
    byte[] patches = new byte[settings.batchSize() * model.tokens() * model.patchLength()];
    new Random(0).nextBytes(patches);
    MultiDataSet[] batches = new MultiDataSet[BATCHES];
    for (int i = 0; i < BATCHES; i++) {
      long first = (long) i * settings.batchSize();
      long[] seeds = LongStream.range(first, first + settings.batchSize()).toArray();
      batches[i] = MaeBatch.of(model, patches, seeds);
    }
    return batches;
  }

  /** Returns the nanoseconds of each part of the steps so far and, in a profile, each operation. */
  private static Map<String, Long> times(MaeEngine engine) {
    Map<String, Long> times = new LinkedHashMap<>();
    if (engine != null) {
      engine
          .nanoseconds()
          .forEach((part, time) -> times.put(part.name().toLowerCase(Locale.ROOT), time));
      times.putAll(engine.operations());
    }
    return times;
  }

  private static StepResult result(
      Settings settings, MaeGraph graph, double[] seconds, Map<String, Long> before)
      throws IOException {
    Map<String, Long> after = times(graph.engine());
    long peakRssMib = peakRssMib();
    boolean cuda = settings.engine() == Engine.CUDA;
    long gpuMemoryMib = cuda ? Engines.cudaMemoryInUse() >> 20 : 0;
    graph.closeEngine(); // its memory is what a product on the same GPU may need
    double[] sorted = seconds.clone();
    Arrays.sort(sorted);
    double median = sorted[sorted.length / 2];
    Map<String, Double> shares = new LinkedHashMap<>();
    after.forEach(
        (part, nanoseconds) ->
            shares.put(part, (nanoseconds - before.getOrDefault(part, 0L)) / 1e9 / seconds.length));
    boolean byGraph = settings.engine() == Engine.GRAPH;
    double flops =
        Arithmetic.flops(settings.model(), byGraph, settings.fullEncoder()) * settings.batchSize();
    return new StepResult(
        settings.name(),
        settings.model().imageSize(),
        settings.batchSize(),
        settings.parts(),
        Engines.threads(),
        settings.engine().toString(),
        settings.precision().toString(),
        settings.fullEncoder(),
        seconds.length,
        median,
        sorted[0],
        sorted[sorted.length - 1],
        settings.batchSize() / median,
        flops / median / 1e9,
        productGflops(settings),
        peakRssMib,
        gpuMemoryMib,
        graph.score(),
        shares);
  }

  private static double productGflops(Settings settings) {
    boolean graph = settings.engine() == Engine.GRAPH;
    return LargeProduct.gflops(graph ? Engine.ONEDNN : settings.engine(), settings.precision());
  }

  private static long peakRssMib() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("VmHWM:")) {
        return Long.parseLong(line.replaceAll("\\D", "")) / 1024;
      }
    }
    throw new IOException("No VmHWM in /proc/self/status");
  }
}
