package io.sparkmae.job;

import io.sparkmae.data.PreparedData;
import io.sparkmae.job.benchmark.StepBenchmark;
import io.sparkmae.job.benchmark.StepProcess;
import io.sparkmae.job.config.ConfigLayers;
import io.sparkmae.job.config.Flags;
import io.sparkmae.job.config.RunConfig;
import io.sparkmae.job.plan.Cluster;
import io.sparkmae.job.plan.RunPlan;
import io.sparkmae.job.plan.SubmitLine;
import io.sparkmae.job.spark.Sessions;
import io.sparkmae.model.config.Engine;
import io.sparkmae.model.engine.Engines;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.util.StringUtils.TraditionalBinaryPrefix;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code mae plan}: says what a pre-training run will need, without starting it. */
@Command(
    name = "plan",
    description =
        "Says what a pre-training run will need: memory, traffic, rounds, hours, and its command.",
    modelTransformer = Flags.class)
final class PlanCommand implements Callable<Outcome> {

  private static final String DATA = "data.uri";
  private static final int MEASURED_STEPS = 3;

  @Spec private CommandSpec command;

  @Mixin private RunOptions.SettingsOptions settings;

  @Option(names = "--images", paramLabel = "N", description = "Images, where there is no --data.")
  private Long images;

  @Option(
      names = "--master",
      defaultValue = "yarn",
      paramLabel = "M",
      description = "As Spark's; with local[N] one process does everything.")
  private String master;

  @Option(
      names = "--executor-cores",
      defaultValue = "1",
      paramLabel = "N",
      description = "Cores of an executor; of the process with local[N].")
  private int executorCores;

  @Option(
      names = "--task-cpus",
      defaultValue = "1",
      paramLabel = "N",
      description = "Cores of a worker, spark.task.cpus.")
  private int taskCpus;

  @Option(
      names = "--executor-memory",
      defaultValue = "0",
      paramLabel = "SIZE",
      description = "Heap of an executor, such as 8g; proposed unless given.")
  private String executorMemory;

  @Option(
      names = "--executor-overhead",
      defaultValue = "0",
      paramLabel = "SIZE",
      description = "What its container has beside the heap; proposed unless given.")
  private String executorOverhead;

  @Option(
      names = "--driver-memory",
      defaultValue = "0",
      paramLabel = "SIZE",
      description = "Heap of the driver; proposed unless given.")
  private String driverMemory;

  @Option(
      names = "--gpu-memory",
      defaultValue = "0",
      paramLabel = "SIZE",
      description = "Memory of each worker's GPU; without, workers compute on the processor.")
  private String gpuMemory;

  @Option(
      names = "--network-gbps",
      defaultValue = "10",
      paramLabel = "GBPS",
      description = "Speed of an executor's network.")
  private double networkGbps;

  @Option(
      names = "--images-per-second",
      defaultValue = "0",
      paramLabel = "RATE",
      description = "Of one worker, as benchmark step measures it.")
  private double imagesPerSecond;

  @Option(names = "--measure", description = "Measures that rate here, in some steps.")
  private boolean measure;

  @Option(
      names = "--price-per-hour",
      defaultValue = "0",
      paramLabel = "PRICE",
      description = "Of one executor.")
  private double pricePerHour;

  @Override
  public Outcome call() throws IOException, InterruptedException {
    Configuration hadoop = Sessions.hadoop();
    Map<String, Object> given = new Flags().given(command, settings.values());
    boolean known = given.containsKey(DATA);
    requireNumbers(known);
    given.putIfAbsent(DATA, "DATA");
    RunConfig run =
        ConfigLayers.runConfig(
            given,
            settings.config(),
            hadoop,
            data -> known ? PreparedData.pixels(data, hadoop).channels() : 3);
    Cluster cluster = cluster(run);
    long rows = known ? PreparedData.open(run.data().uri(), hadoop).rows() : images;
    RunPlan plan =
        RunPlan.of(
            run,
            workers(run, cluster),
            rows,
            cluster,
            measure ? measured(run) : imagesPerSecond,
            pricePerHour,
            new SubmitLine(pretrainOptions(run, cluster)));
    System.err.println(plan.text());
    return Outcome.done(plan);
  }

  private void requireNumbers(boolean known) {
    if (known == (images != null)) {
      throw new IllegalArgumentException(
          "Invalid plan: give either --data, a prepared data set, or --images, their number");
    }
    if (images != null && images < 1 || imagesPerSecond < 0 || pricePerHour < 0) {
      throw new IllegalArgumentException(
          "Invalid plan: %s images, %s images a second, price %s (must be at least 1, and not negative)"
              .formatted(images, imagesPerSecond, pricePerHour));
    }
  }

  private Cluster cluster(RunConfig run) {
    long gpu = bytes("--gpu-memory", gpuMemory);
    requirePlanned(run.train().engine(), gpu);
    return new Cluster(
        master,
        cores(),
        taskCpus,
        bytes("--executor-memory", executorMemory),
        bytes("--executor-overhead", executorOverhead),
        bytes("--driver-memory", driverMemory),
        gpu,
        networkGbps);
  }

  private static void requirePlanned(Engine engine, long gpu) {
    if (engine == Engine.GRAPH) {
      throw new IllegalArgumentException(
          "Invalid train.engine: graph (only the memory of onednn and cuda is planned; choose one of these)");
    }
    if ((engine == Engine.CUDA) != gpu > 0 && engine != Engine.AUTO) {
      throw new IllegalArgumentException(
          "Invalid train.engine: %s (cuda needs --gpu-memory, and onednn none)".formatted(engine));
    }
  }

  private int cores() {
    if (master.equals("local")) {
      return taskCpus;
    }
    String slots = master.replaceFirst("^local\\[(\\d+)\\b.*", "$1");
    return slots.equals(master) ? executorCores : Integer.parseInt(slots) * taskCpus;
  }

  private static int workers(RunConfig run, Cluster cluster) {
    if (run.train().workers() == 0 && !cluster.isLocal()) {
      throw new IllegalArgumentException(
          "Invalid train.workers: 0 (a plan needs their number; give --workers)");
    }
    return run.train().workers() > 0 ? run.train().workers() : cluster.cores() / cluster.taskCpus();
  }

  private static long bytes(String option, String size) {
    try {
      long bytes = TraditionalBinaryPrefix.string2long(size);
      if (bytes >= 0) {
        return bytes;
      }
    } catch (IllegalArgumentException | StringIndexOutOfBoundsException e) {
      // refused below
    }
    throw new IllegalArgumentException(
        "Invalid %s: %s (must be a size such as 512m or 8g)".formatted(option, size));
  }

  private double measured(RunConfig run) throws IOException, InterruptedException {
    RunConfig.Train train = run.train();
    var step =
        new StepBenchmark.Settings(
            run.modelName(),
            run.model(),
            train.cropsOfStep(),
            train.accumulation(),
            MEASURED_STEPS,
            Engines.resolve(train.engine(), train.precision(), true),
            train.precision(),
            false,
            false);
    return StepProcess.measure(step, taskCpus).imagesPerSecond();
  }

  /** Returns the options that were given and that {@code pretrain} has too. */
  private List<String> pretrainOptions(RunConfig run, Cluster cluster) {
    CommandSpec pretrain = Mae.commandLine().getSubcommands().get("pretrain").getCommandSpec();
    List<String> words = new ArrayList<>(List.of("--data", run.data().uri(), "--output", "OUTPUT"));
    for (OptionSpec option : command.commandLine().getParseResult().matchedOptions()) {
      String name = option.longestName();
      boolean said = name.equals("--data") || name.equals("--workers");
      if (!said && pretrain.findOption(name) != null) {
        words.add(name);
        words.addAll(option.originalStringValues());
      }
    }
    if (cluster.gpuMemory() > 0 && run.train().engine() == Engine.AUTO) {
      words.addAll(List.of("--engine", "cuda")); // the driver may see no GPU
    }
    return words;
  }
}
