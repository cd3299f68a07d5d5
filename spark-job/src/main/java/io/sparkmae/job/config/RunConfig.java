package io.sparkmae.job.config;

import io.sparkmae.data.image.PixelFormat;
import io.sparkmae.job.averaging.OuterStep;
import io.sparkmae.job.averaging.exchange.ExchangePrecision;
import io.sparkmae.model.config.Engine;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Precision;
import java.io.Serializable;

/**
 * Everything that decides what a run computes; equal settings on equal data give equal weights.
 *
 * @param modelName the preset that {@code model} started from
 * @param model geometry and task
 * @param train schedule, optimiser and distribution
 * @param averaging what workers' results become
 * @param data what is trained on
 * @param checkpoints what is kept of an unfinished run; the result does not depend on it
 * @param init the model whose weights it starts from; empty for new ones
 * @param fineTune what a fine-tuning run does beside training
 */
public record RunConfig(
    String modelName,
    MaeConfig model,
    Train train,
    Averaging averaging,
    Data data,
    Checkpoints checkpoints,
    String init,
    FineTune fineTune)
    implements Serializable {

  public RunConfig {
    require(
        model.channels() <= PixelFormat.MOST_CHANNELS,
        "model.channels",
        model.channels(),
        "must be 1 to " + PixelFormat.MOST_CHANNELS);
    require(
        train.batchSize() % data.cropsPerImage() == 0,
        "data.crops-per-image",
        data.cropsPerImage(),
        "must divide train.batch-size, " + train.batchSize());
  }

  /** Makes a run of plain averaging of everything, and the usual checkpoints. */
  public RunConfig(String modelName, MaeConfig model, Train train, Data data) {
    this(modelName, model, train, Averaging.PLAIN, data, Checkpoints.USUAL);
  }

  /** Makes a run that pre-trains from new weights. */
  public RunConfig(
      String modelName,
      MaeConfig model,
      Train train,
      Averaging averaging,
      Data data,
      Checkpoints checkpoints) {
    this(modelName, model, train, averaging, data, checkpoints, "", FineTune.NONE);
  }

  /** Returns this run with the position tables of {@code positioned}, which are no settings. */
  public RunConfig withPositionsOf(MaeConfig positioned) {
    MaeConfig same =
        model.withTowers(
            model.encoder().withPositions(positioned.encoder().positions()),
            model.decoder().withPositions(positioned.decoder().positions()));
    return new RunConfig(modelName, same, train, averaging, data, checkpoints, init, fineTune);
  }

  /** Returns this run with batches of another size, and so many of them in a local step. */
  public RunConfig withBatches(int size, int ofStep) {
    Train other = train.withBatches(size, ofStep);
    return new RunConfig(modelName, model, other, averaging, data, checkpoints, init, fineTune);
  }

  /**
   * How training proceeds.
   *
   * @param epochs passes over the data, at least 1
   * @param batchSize crops that a worker computes at once
   * @param workers parallel workers, one for each Spark task slot; 0 takes all slots
   * @param accumulation batches of one local step of one worker
   * @param averagingFrequency local steps between two averagings
   * @param baseLearningRate rate for an effective batch of 256 images; it grows in proportion to
   *     batchSize · accumulation · workers
   * @param warmupEpochs epochs of linear warm-up, in [0, epochs]
   * @param weightDecay decoupled decay of parameters with two or more dimensions
   * @param beta1 decay of the first moment
   * @param beta2 decay of the second moment
   * @param minLearningRate rate at the end of the cosine
   * @param maxGradientNorm gradients of a larger norm are scaled down to it; 0, the paper's way,
   *     for none
   * @param seed decides initial weights, order, crops and masks
   * @param optimiser what turns gradients into steps
   * @param engine what computes the gradients
   * @param precision number format of the products
   */
  public record Train(
      int epochs,
      int batchSize,
      int workers,
      int accumulation,
      int averagingFrequency,
      double baseLearningRate,
      double warmupEpochs,
      double weightDecay,
      double beta1,
      double beta2,
      double minLearningRate,
      double maxGradientNorm,
      long seed,
      Optimiser optimiser,
      Engine engine,
      Precision precision)
      implements Serializable {

    public Train {
      require(epochs > 0, "train.epochs", epochs, "must be at least 1");
      require(batchSize > 0, "train.batch-size", batchSize, "must be at least 1");
      require(
          workers >= 0, "train.workers", workers, "must be at least 1, or 0 for all task slots");
      require(accumulation > 0, "train.gradient-accumulation", accumulation, "must be at least 1");
      require(
          averagingFrequency > 0,
          "train.averaging-frequency",
          averagingFrequency,
          "must be at least 1");
      require(baseLearningRate > 0, "train.base-lr", baseLearningRate, "must be positive");
      require(
          warmupEpochs >= 0 && warmupEpochs <= epochs,
          "train.warmup-epochs",
          warmupEpochs,
          "must be in [0, " + epochs + "], the epochs of the run");
      require(weightDecay >= 0, "train.weight-decay", weightDecay, "must not be negative");
      require(beta1 >= 0 && beta1 < 1, "train.beta1", beta1, "must be in [0, 1)");
      require(beta2 >= 0 && beta2 < 1, "train.beta2", beta2, "must be in [0, 1)");
      require(minLearningRate >= 0, "train.min-lr", minLearningRate, "must not be negative");
      require(
          maxGradientNorm >= 0,
          "train.clip-grad",
          maxGradientNorm,
          "must be positive, or 0 for none");
    }

    /** Returns the crops of one local step of one worker. */
    public int cropsOfStep() {
      return Math.multiplyExact(batchSize, accumulation);
    }

    private Train withBatches(int size, int ofStep) {
      return new Train(
          epochs,
          size,
          workers,
          ofStep,
          averagingFrequency,
          baseLearningRate,
          warmupEpochs,
          weightDecay,
          beta1,
          beta2,
          minLearningRate,
          maxGradientNorm,
          seed,
          optimiser,
          engine,
          precision);
    }
  }

  /**
   * What workers' results become.
   *
   * @param optimiserState whether Adam's moments are averaged with the parameters; if not, each
   *     worker keeps its own, and they are averaged with checkpoints alone
   * @param growth α of the Quadratic Synchronization Rule, by which local steps grow as the rate
   *     decays; 0 for none
   * @param everyStepInWarmup whether warm-up averages after every step
   * @param outer how far a round moves towards the average
   * @param exchangePrecision what workers' results and averages travel in
   */
  public record Averaging(
      boolean optimiserState,
      double growth,
      boolean everyStepInWarmup,
      OuterStep outer,
      ExchangePrecision exchangePrecision)
      implements Serializable {

    /** Everything is averaged, and nothing else done. */
    public static final Averaging PLAIN =
        new Averaging(true, 0, false, OuterStep.NONE, ExchangePrecision.FP32);

    public Averaging {
      require(growth >= 0, "averaging.growth", growth, "must be positive, or 0 for none");
    }
  }

  /**
   * What is kept of an unfinished run.
   *
   * @param rounds between checkpoints; 0 for no such rule
   * @param minutes between checkpoints; 0 for no such rule
   * @param keep newest versions of the run that are kept, at least 1
   */
  public record Checkpoints(int rounds, double minutes, int keep) implements Serializable {

    static final Checkpoints USUAL = new Checkpoints(0, 10, 2);

    public Checkpoints {
      require(rounds >= 0, "checkpoint.rounds", rounds, "must be positive, or 0 for none");
      require(minutes >= 0, "checkpoint.minutes", minutes, "must be positive, or 0 for none");
      require(keep > 0, "checkpoint.keep", keep, "must be at least 1");
    }
  }

  /** What turns gradients into steps. */
  public enum Optimiser {
    ADAMW,
    /**
     * Plain gradient descent: under averaging after every step it equals one machine on the joined
     * batch.
     */
    SGD
  }

  /**
   * What is trained on.
   *
   * @param uri a prepared data set
   * @param cropScaleMin smallest share of a photograph's area that a random crop may take, in (0,
   *     1]
   * @param cropsPerImage crops of an image that is decoded once, all in one batch, at least 1: an
   *     epoch has so many times the steps
   * @param decodeThreads of a worker; 0 takes as many as a step has. The result does not depend on
   *     it
   */
  public record Data(String uri, double cropScaleMin, int cropsPerImage, int decodeThreads)
      implements Serializable {

    /** Decoded by the task's cores. */
    public Data(String uri, double cropScaleMin, int cropsPerImage) {
      this(uri, cropScaleMin, cropsPerImage, 0);
    }

    public Data {
      require(!uri.isBlank(), "data.uri", uri, "must name a prepared data set; give --data");
      require(
          cropScaleMin > 0 && cropScaleMin <= 1,
          "data.crop-scale-min",
          cropScaleMin,
          "must be in (0, 1]");
      require(cropsPerImage > 0, "data.crops-per-image", cropsPerImage, "must be at least 1");
      require(
          decodeThreads >= 0,
          "data.decode-threads",
          decodeThreads,
          "must be at least 1, or 0 for as many as a step has");
    }
  }

  /**
   * Returns the settings as HOCON, those that a preset or the defaults gave included; reading it
   * gives this again.
   */
  public String text() {
    return ConfigKeys.text(this);
  }

  private static void require(boolean holds, String key, Object value, String rule) {
    if (!holds) {
      throw new IllegalArgumentException("Invalid %s: %s (%s)".formatted(key, value, rule));
    }
  }
}
