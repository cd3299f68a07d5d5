package io.sparkmae.job;

import io.sparkmae.job.probe.PaperRecipe;
import java.util.Locale;
import picocli.CommandLine.Option;

/** The options of {@code probe} that say how a linear classifier is trained. */
final class ProbeRecipe {

  private static final int WARMUP_SHARE = 9; // ten epochs of ninety

  /** The ways to train it. */
  enum Recipe {
    /** Logistic regression on the features of each image's centre. */
    QUICK,
    /** He et al. 2021, A.1: LARS on the features of new crops in each epoch. */
    PAPER;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @Option(
      names = "--recipe",
      paramLabel = "quick|paper",
      description =
          "How linear is trained: quick is logistic regression on the images' centres; paper, LARS on new crops in every epoch.")
  private Recipe recipe;

  @Option(
      names = "--epochs",
      paramLabel = "N",
      description = "Epochs of the paper's recipe; 90 unless given.")
  private Integer epochs;

  @Option(
      names = "--warmup-epochs",
      paramLabel = "N",
      description = "Its epochs of linear warm-up; a ninth of all unless given.")
  private Double warmupEpochs;

  @Option(
      names = "--base-lr",
      paramLabel = "RATE",
      description =
          "Its learning rate for 256 images, 0.1 in the paper; unless given, 6.4 with any batch, which is the paper's largest rate.")
  private Double baseLearningRate;

  @Option(
      names = "--head-batch-size",
      paramLabel = "N",
      description =
          "Its images of a step; 16384 unless given, of a small set a seventy-eighth, and at least 64.")
  private Integer batchSize;

  @Option(
      names = "--crop-scale-min",
      paramLabel = "SHARE",
      description = "Its smallest share of an image that a crop takes; 0.08 unless given.")
  private Double cropScaleMin;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Its seed of first weights, order and crops; 0 unless given.")
  private Long seed;

  /** Returns the recipe's name for the result line; null where there is none. */
  String name(ProbeCommand.Method method) {
    return method == ProbeCommand.Method.LINEAR ? chosen().toString() : null;
  }

  boolean isPaper() {
    return chosen() == Recipe.PAPER;
  }

  private Recipe chosen() {
    return recipe == null ? Recipe.QUICK : recipe;
  }

  /**
   * Returns the settings of the paper's recipe.
   *
   * @throws IllegalArgumentException if they break a rule, or are given where nothing reads them
   */
  PaperRecipe settings(ProbeCommand.Method method) {
    if (recipe != null && method != ProbeCommand.Method.LINEAR) {
      throw new IllegalArgumentException(
          "Invalid --recipe: %s (must be left out with --method %s)".formatted(recipe, method));
    }
    if (!isPaper()) {
      requireNone();
    }
    int passes = epochs == null ? 90 : epochs;
    return new PaperRecipe(
        passes,
        warmupEpochs == null ? (double) passes / WARMUP_SHARE : warmupEpochs,
        baseLearningRate == null ? 0 : baseLearningRate,
        batchSize == null ? 0 : batchSize,
        cropScaleMin == null ? 0.08 : cropScaleMin,
        seed == null ? 0 : seed);
  }

  private void requireNone() {
    Object[] given = {epochs, warmupEpochs, baseLearningRate, batchSize, cropScaleMin, seed};
    String[] names = {
      "--epochs", "--warmup-epochs", "--base-lr", "--head-batch-size", "--crop-scale-min", "--seed"
    };
    for (int i = 0; i < given.length; i++) {
      if (given[i] != null) {
        throw new IllegalArgumentException(
            "Invalid %s: %s (must be left out, or give --recipe paper)"
                .formatted(names[i], given[i]));
      }
    }
  }
}
