package io.sparkmae.job;

import io.sparkmae.data.PreparedData;
import io.sparkmae.job.benchmark.EncoderBenchmark;
import io.sparkmae.job.benchmark.PretrainBenchmark;
import io.sparkmae.job.benchmark.ScalingBenchmark;
import io.sparkmae.job.config.ConfigLayers;
import io.sparkmae.job.config.Flags;
import io.sparkmae.job.config.RunConfig;
import io.sparkmae.job.spark.Sessions;
import io.sparkmae.model.config.Precision;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code mae benchmark}: measurements that anyone can repeat. */
@Command(
    name = "benchmark",
    description = "Measures a part of the job.",
    synopsisSubcommandLabel = "PART",
    subcommands = {
      BenchmarkStepCommand.class,
      BenchmarkDataCommand.class,
      BenchmarkCommand.Pretrain.class,
      BenchmarkAveragingCommand.class,
      BenchmarkCommand.Scaling.class,
      BenchmarkCommand.Encoder.class
    })
final class BenchmarkCommand {

  /** {@code mae benchmark pretrain}: what a run adds to its steps. */
  @Command(
      name = "pretrain",
      description =
          "Compares a pre-training run on this machine with its steps alone, and says where the rest went.",
      modelTransformer = Flags.class)
  static final class Pretrain implements Callable<Outcome> {

    @Spec private CommandSpec command;

    @Mixin private RunOptions.SettingsOptions settings;

    @Option(
        names = "--output",
        required = true,
        paramLabel = "URI",
        description = "The model directory of the measured run.")
    private String output;

    @Option(
        names = "--steps",
        defaultValue = "10",
        paramLabel = "N",
        description = "Counted steps of each timing of the steps alone, one before, one after.")
    private int steps;

    @Override
    public Outcome call() throws IOException, InterruptedException {
      if (steps < 1) {
        throw new IllegalArgumentException(
            "Invalid --steps: %d (must be at least 1)".formatted(steps));
      }
      Configuration hadoop = Sessions.hadoop();
      RunConfig run =
          ConfigLayers.runConfig(
              new Flags().given(command, settings.values()),
              settings.config(),
              hadoop,
              data -> PreparedData.pixels(data, hadoop).channels());
      return Outcome.done(
          new PretrainBenchmark(Sessions.open("benchmark pretrain"), run, steps).measure(output));
    }
  }

  /** {@code mae benchmark scaling}: what workers and averaging frequencies are worth. */
  @Command(
      name = "scaling",
      description =
          "Tells which share of the time is steps, by model, workers and averaging frequency.")
  static final class Scaling implements Callable<Outcome> {

    private static final List<Integer> FREQUENCIES = List.of(1, 8, 64);

    @Option(
        names = "--model",
        arity = "1..*",
        defaultValue = "mae_vit_tiny_patch16:32 mae_vit_base_patch16:8 mae_vit_large_patch16:8",
        split = " ",
        paramLabel = "NAME:BATCH",
        description = "Presets from small to large, each with the images of a worker's step.")
    private List<String> models;

    @Option(
        names = "--workers",
        arity = "1..*",
        defaultValue = "1 2 8 32 128",
        split = " ",
        paramLabel = "N",
        description = "Numbers of workers; one and two are measured, more are computed.")
    private List<Integer> workers;

    @Option(
        names = "--precision",
        defaultValue = "bf16",
        paramLabel = "fp32|tf32|bf16",
        description = "Number format of the products.")
    private Precision precision;

    @Option(
        names = "--threads",
        defaultValue = "1",
        paramLabel = "N",
        description = "Threads of a worker.")
    private int threads;

    @Option(
        names = "--network-gbps",
        defaultValue = "10",
        paramLabel = "GBPS",
        description = "Speed of an executor's network, for computed rounds.")
    private double networkGbps;

    /** The command's result line. */
    record Result(List<ScalingBenchmark.Row> rows) {}

    @Override
    public Outcome call() throws IOException, InterruptedException {
      if (threads < 1 || !(networkGbps > 0) || workers.stream().anyMatch(count -> count < 1)) {
        throw new IllegalArgumentException(
            "Invalid benchmark: %d threads, %s Gbit/s, workers %s (must be at least 1, positive, and at least 1)"
                .formatted(threads, networkGbps, workers));
      }
      List<ScalingBenchmark.Row> rows =
          new ScalingBenchmark(Sessions.open("benchmark scaling"), threads, networkGbps)
              .table(models.stream().map(Scaling::size).toList(), precision, workers, FREQUENCIES);
      System.err.println(ScalingBenchmark.text(rows, FREQUENCIES));
      return Outcome.done(new Result(rows));
    }

    private static ScalingBenchmark.Size size(String words) {
      if (!words.matches("\\w+:[1-9]\\d{0,5}")) {
        throw new IllegalArgumentException(
            "Invalid --model: %s (must be a preset and a batch, such as mae_vit_tiny_patch16:32)"
                .formatted(words));
      }
      String[] parts = words.split(":");
      return new ScalingBenchmark.Size(parts[0], Integer.parseInt(parts[1]));
    }
  }

  /** {@code mae benchmark encoder}: the stage of Spark ML pipelines beside a plain loop. */
  @Command(
      name = "encoder",
      description =
          "Compares the Spark ML stage with a plain loop over the same images in the same process.")
  static final class Encoder implements Callable<Outcome> {

    @Option(
        names = "--images",
        required = true,
        paramLabel = "URI",
        description = "A directory of image files.")
    private String images;

    @Option(
        names = "--model",
        required = true,
        paramLabel = "URI",
        description = "A model, as of embed.")
    private String model;

    @Option(
        names = "--image-size",
        defaultValue = "0",
        paramLabel = "PIXELS",
        description = "Side of the images; 0 for what the model was trained at.")
    private int imageSize;

    @Option(
        names = "--batch-size",
        defaultValue = "32",
        paramLabel = "N",
        description = "Images at a time.")
    private int batchSize;

    @Option(
        names = "--passes",
        defaultValue = "5",
        paramLabel = "N",
        description = "Over all images, of each in turns, after one to warm up.")
    private int passes;

    @Override
    public Outcome call() throws IOException {
      if (batchSize < 1 || passes < 1) {
        throw new IllegalArgumentException(
            "Invalid benchmark: batches of %d images, %d passes (must be at least 1)"
                .formatted(batchSize, passes));
      }
      return Outcome.done(
          new EncoderBenchmark(
                  Sessions.open("benchmark encoder"), images, model, imageSize, batchSize)
              .run(passes));
    }
  }
}
