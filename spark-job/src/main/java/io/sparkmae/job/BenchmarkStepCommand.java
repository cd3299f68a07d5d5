package io.sparkmae.job;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.sparkmae.job.benchmark.StepBenchmark;
import io.sparkmae.job.benchmark.StepProcess;
import io.sparkmae.job.config.ConfigKeys;
import io.sparkmae.model.MaeGraph;
import io.sparkmae.model.config.Engine;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Precision;
import io.sparkmae.model.engine.Engines;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code mae benchmark step}: times pre-training steps in a process of their own. */
@Command(name = "step", description = "Times pre-training steps: forward, backward, AdamW.")
final class BenchmarkStepCommand implements Callable<Outcome> {

  @Option(
      names = "--model",
      defaultValue = "mae_vit_base_patch16",
      paramLabel = "NAME",
      description = "A preset.")
  private String model;

  @Option(names = "--image-size", paramLabel = "PIXELS", description = "Side of the image.")
  private Integer imageSize;

  @Option(
      names = "--batch-size",
      defaultValue = "8",
      paramLabel = "N",
      description = "Images of a step.")
  private int batchSize;

  @Option(
      names = "--gradient-accumulation",
      defaultValue = "1",
      paramLabel = "N",
      description = "Parts that a step is computed in, at most one an image.")
  private int parts;

  @Option(
      names = "--threads",
      defaultValue = "1",
      paramLabel = "N",
      description = "Threads of the step.")
  private int threads;

  @Option(
      names = "--steps",
      defaultValue = "5",
      paramLabel = "N",
      description = "Counted steps, after at least two and three seconds of others.")
  private int steps;

  @Option(
      names = "--engine",
      defaultValue = "auto",
      paramLabel = "auto|graph|onednn|cuda",
      description = "What computes a step.")
  private Engine engine;

  @Option(
      names = "--precision",
      defaultValue = "fp32",
      paramLabel = "fp32|tf32|bf16",
      description = "Number format of the products.")
  private Precision precision;

  @Option(names = "--force", description = "Runs bf16 also where the processor is slow at it.")
  private boolean force;

  @Option(
      names = "--full-encoder",
      description = "Puts all tokens through the encoder, the paper's slower baseline.")
  private boolean fullEncoder;

  @Option(names = "--profile", description = "Measures each operation too, with engine onednn.")
  private boolean profile;

  @Option(
      names = "--set",
      arity = "1..*",
      paramLabel = "KEY=VALUE",
      description = "Any model setting by its key, such as model.patch-size=8.")
  private Map<String, String> settings = new LinkedHashMap<>();

  @Override
  public Outcome call() throws IOException, InterruptedException {
    require(batchSize > 0, "--batch-size", batchSize);
    require(parts > 0, "--gradient-accumulation", parts);
    require(threads > 0, "--threads", threads);
    require(steps > 0, "--steps", steps);
    MaeConfig config = config();
    Engine used = Engines.resolve(MaeGraph.requireEngine(config, engine), precision, force);
    if (fullEncoder && used == Engine.GRAPH) {
      throw new IllegalArgumentException("Invalid --full-encoder (the graph engine has none)");
    }
    if (profile && used != Engine.ONEDNN) {
      throw new IllegalArgumentException(
          "Invalid --profile (engine %s cannot be measured by operation; choose onednn)"
              .formatted(used));
    }
    var measured =
        new StepBenchmark.Settings(
            model, config, batchSize, parts, steps, used, precision, fullEncoder, profile);
    return Outcome.done(StepProcess.measure(measured, threads));
  }

  private MaeConfig config() {
    Map<String, Object> values = new LinkedHashMap<>(settings);
    if (imageSize != null) {
      values.put("model.image-size", imageSize);
    }
    Config config = ConfigFactory.parseMap(values);
    return ConfigKeys.model(MaeConfig.preset(model), config);
  }

  private static void require(boolean holds, String option, int value) {
    if (!holds) {
      throw new IllegalArgumentException(
          "Invalid %s: %d (must be at least 1)".formatted(option, value));
    }
  }
}
