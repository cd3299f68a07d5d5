package io.sparkmae.job.probe;

/**
 * The settings of the paper's linear probe (He et al. 2021, A.1, table 10).
 *
 * <p>A LARS step changes the weights by its rate times a thousandth of their norm, whatever the
 * gradient. So how far a head gets depends on rates and the number of steps: a small set has as
 * many steps as ImageNet, of smaller batches, and unless told otherwise at ImageNet's rate.
 *
 * @param epochs passes over the training images, each with other crops
 * @param warmupEpochs epochs of linear warm-up, in [0, epochs]
 * @param baseLearningRate rate for a batch of 256, in proportion to the batch; 0 for the paper's
 *     largest rate, 6.4, with any batch
 * @param batchSize images of a step, at least 2; 0 for {@link #batchOf}
 * @param cropScaleMin smallest share of an image's area that a crop takes, in (0, 1]
 * @param seed decides the first weights, order, crops and flips
 */
public record PaperRecipe(
    int epochs,
    double warmupEpochs,
    double baseLearningRate,
    int batchSize,
    double cropScaleMin,
    long seed) {

  private static final int LARGEST_BATCH = 16384;
  private static final int STEPS_OF_AN_EPOCH = 78; // 1.28 million images in batches of 16384
  private static final int SMALLEST_BATCH = 64;

  public PaperRecipe {
    require(epochs > 0, "epochs", epochs, "must be at least 1");
    require(
        warmupEpochs >= 0 && warmupEpochs <= epochs,
        "warmup-epochs",
        warmupEpochs,
        "must be in [0, " + epochs + "], the epochs");
    require(
        baseLearningRate >= 0 && baseLearningRate < Double.POSITIVE_INFINITY,
        "base-lr",
        baseLearningRate,
        "must be positive, or 0 for 6.4 with any batch");
    require(
        batchSize == 0 || batchSize > 1,
        "head-batch-size",
        batchSize,
        "must be at least 2, to normalise by the batch, or 0 to take it from the data");
    require(
        cropScaleMin > 0 && cropScaleMin <= 1, "crop-scale-min", cropScaleMin, "must be in (0, 1]");
  }

  private static void require(boolean holds, String name, Object value, String rule) {
    if (!holds) {
      throw new IllegalArgumentException("Invalid %s: %s (%s)".formatted(name, value, rule));
    }
  }

  /**
   * Returns the images of a step: the paper's 16384, but of a small set as many as make an epoch of
   * ImageNet's 78 steps, and at least 64.
   */
  int batchOf(long rows) {
    long wanted =
        batchSize > 0
            ? batchSize
            : Math.min(LARGEST_BATCH, Math.max(SMALLEST_BATCH, rows / STEPS_OF_AN_EPOCH));
    return (int) Math.min(wanted, rows);
  }

  /** Returns the largest rate of a run. */
  double peakOf(long rows) {
    return baseLearningRate > 0
        ? baseLearningRate * rows / stepsOf(rows) / 256
        : 0.1 * LARGEST_BATCH / 256;
  }

  /** Returns the steps of an epoch; their batches differ by one image at most. */
  int stepsOf(long rows) {
    return Math.toIntExact(Math.max(1, rows / batchOf(rows)));
  }
}
