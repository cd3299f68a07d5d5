package io.sparkmae.job;

import io.sparkmae.job.config.ConfigLayers;
import io.sparkmae.job.config.RunConfig;
import io.sparkmae.job.run.RunRecord;
import io.sparkmae.job.store.ModelStore;
import io.sparkmae.model.config.Engine;
import io.sparkmae.model.config.Precision;
import io.sparkmae.model.engine.Engines;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * {@code mae pretrain}: trains a masked autoencoder on a prepared data set and writes a model
 * version.
 */
@Command(name = "pretrain", description = "Trains a masked autoencoder on a prepared data set.")
final class PretrainCommand implements Callable<Outcome> {

  /** What becomes of an earlier call's work. */
  enum Resume {
    /** A finished run is the result, at once; an unfinished one goes on from its checkpoint. */
    AUTO,
    /** Training starts at the beginning. */
    NEVER
  }

  @Option(
      names = "--data",
      paramLabel = "URI",
      description = "The prepared data set; in a file, data.uri.")
  private String data;

  @Option(
      names = "--output",
      required = true,
      paramLabel = "URI",
      description = "The model directory.")
  private String output;

  @Option(names = "--config", paramLabel = "URI", description = "A HOCON file; flags override it.")
  private String config;

  @Option(
      names = "--model",
      paramLabel = "NAME",
      description = "A preset, such as mae_vit_base_patch16.")
  private String model;

  @Option(
      names = "--image-size",
      paramLabel = "PIXELS",
      description = "Side of the crop that is trained on.")
  private Integer imageSize;

  @Option(names = "--epochs", paramLabel = "N", description = "Passes over the data.")
  private Integer epochs;

  @Option(
      names = "--batch-size",
      paramLabel = "N",
      description = "Crops that a worker computes at once.")
  private Integer batchSize;

  @Option(
      names = "--gradient-accumulation",
      paramLabel = "N",
      description = "Batches of one local step of one worker.")
  private Integer accumulation;

  @Option(
      names = "--workers",
      paramLabel = "N",
      description = "Parallel workers; 0 takes every task slot.")
  private Integer workers;

  @Option(
      names = "--averaging-frequency",
      paramLabel = "N",
      description = "Local steps between averagings.")
  private Integer averagingFrequency;

  @Option(
      names = "--average-optimizer-state",
      arity = "0..1",
      fallbackValue = "true",
      paramLabel = "true|false",
      description = "Averages Adam's moments with the parameters.")
  private Boolean averageOptimiserState;

  @Option(
      names = "--checkpoint-rounds",
      paramLabel = "N",
      description = "Rounds between checkpoints; 0 for none.")
  private Integer checkpointRounds;

  @Option(
      names = "--checkpoint-minutes",
      paramLabel = "N",
      description = "Minutes between checkpoints; 0 for none.")
  private Double checkpointMinutes;

  @Option(
      names = "--keep-last",
      paramLabel = "N",
      description = "Newest versions of the run that are kept.")
  private Integer keepLast;

  @Option(
      names = "--crops-per-image",
      paramLabel = "N",
      description = "Crops of an image that is decoded once.")
  private Integer cropsPerImage;

  @Option(
      names = "--mask-ratio",
      paramLabel = "SHARE",
      description = "Share of the patches removed.")
  private Double maskRatio;

  @Option(
      names = "--norm-pix-loss",
      arity = "0..1",
      fallbackValue = "true",
      paramLabel = "true|false",
      description = "Normalises the target patch by patch.")
  private Boolean normPixLoss;

  @Option(names = "--base-lr", paramLabel = "RATE", description = "Learning rate for 256 images.")
  private Double baseLearningRate;

  @Option(names = "--warmup-epochs", paramLabel = "N", description = "Epochs of linear warm-up.")
  private Double warmupEpochs;

  @Option(
      names = "--weight-decay",
      paramLabel = "RATE",
      description = "Decoupled decay of the weights.")
  private Double weightDecay;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Decides weights, order, crops and masks.")
  private Long seed;

  @Option(
      names = "--engine",
      paramLabel = "auto|graph|onednn|cuda",
      description = "What computes a step.")
  private Engine engine;

  @Option(
      names = "--precision",
      paramLabel = "fp32|tf32|bf16",
      description = "Number format of the products.")
  private Precision precision;

  @Option(names = "--force", description = "Runs bf16 also where the processor is slow at it.")
  private boolean force;

  @Option(
      names = "--resume",
      paramLabel = "auto|never",
      defaultValue = "auto",
      description =
          "auto goes on from the last checkpoint, and answers at once if the run is finished.")
  private Resume resume;

  @Option(
      names = "--set",
      arity = "1..*",
      paramLabel = "KEY=VALUE",
      description = "Any setting by its key, such as model.embed-dim=192.")
  private Map<String, String> settings = new LinkedHashMap<>();

  @Override
  public Outcome call() throws IOException {
    Configuration hadoop = Sessions.hadoop();
    RunConfig run = ConfigLayers.runConfig(flags(), config, hadoop);
    if (run.train().engine() != Engine.CUDA) { // whose GPUs the driver need not have
      Engines.resolve(run.train().engine(), run.train().precision(), force);
    }
    System.err.println(run.text());
    Optional<Object> finished = resume == Resume.AUTO ? finished(run, hadoop) : Optional.empty();
    return Outcome.done(finished.isPresent() ? finished.get() : train(run));
  }

  private Optional<Object> finished(RunConfig run, Configuration hadoop) throws IOException {
    return ModelStore.at(output, hadoop)
        .read(version -> RunRecord.resultOf(version, run).orElse(null));
  }

  private Object train(RunConfig run) throws IOException {
    return ModelCalls.pretrain(Sessions.open("pretrain"), run, output, resume == Resume.AUTO);
  }

  private Map<String, Object> flags() {
    Map<String, Object> flags = new LinkedHashMap<>(settings);
    put(flags, "data.uri", data);
    put(flags, "data.crops-per-image", cropsPerImage);
    put(flags, "model.name", model);
    put(flags, "model.image-size", imageSize);
    put(flags, "model.mask-ratio", maskRatio);
    put(flags, "model.norm-pix-loss", normPixLoss);
    put(flags, "train.epochs", epochs);
    put(flags, "train.batch-size", batchSize);
    put(flags, "train.workers", workers);
    put(flags, "train.gradient-accumulation", accumulation);
    put(flags, "train.averaging-frequency", averagingFrequency);
    put(flags, "averaging.optimizer-state", averageOptimiserState);
    put(flags, "checkpoint.rounds", checkpointRounds);
    put(flags, "checkpoint.minutes", checkpointMinutes);
    put(flags, "checkpoint.keep", keepLast);
    put(flags, "train.base-lr", baseLearningRate);
    put(flags, "train.warmup-epochs", warmupEpochs);
    put(flags, "train.weight-decay", weightDecay);
    put(flags, "train.seed", seed);
    put(flags, "train.engine", engine);
    put(flags, "train.precision", precision);
    return flags;
  }

  private static void put(Map<String, Object> flags, String key, Object value) {
    if (value != null && flags.put(key, value instanceof Enum ? value.toString() : value) != null) {
      throw new IllegalArgumentException(
          "Setting given twice: " + key + " (give --set or its own flag, not both)");
    }
  }
}
