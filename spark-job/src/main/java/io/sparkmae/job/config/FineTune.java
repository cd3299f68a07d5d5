package io.sparkmae.job.config;

import io.sparkmae.model.config.ClassifierConfig;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Pooling;
import java.io.Serializable;

/**
 * What a fine-tuning run does beside training (He et al. 2021, Table 9).
 *
 * @param model the pre-trained model's URI; {@link #SCRATCH} for none; empty for a run that
 *     pre-trains
 * @param test a prepared data set with labels, judged after every epoch; empty for none
 * @param classes number of classes; 0 takes the names of the data
 * @param pooling what the head sees
 * @param blocks the last blocks that train; -1 for everything
 * @param layerDecay rate of a block over that of the next, in (0, 1]
 * @param dropPath the last block's probability to be skipped, in [0, 1)
 * @param mixup α of mixup; 0 for none
 * @param cutmix α of cutmix; 0 for none
 * @param smoothing share of a target that all classes have in common, in [0, 1)
 * @param randAugment level of RandAugment, at most 10; 0 for none
 * @param randAugmentDeviation of that level
 * @param randAugmentOperations drawn for an image
 * @param randomErasing share of the images that lose a rectangle, in [0, 1]; 0 for none
 */
public record FineTune(
    String model,
    String test,
    int classes,
    Pooling pooling,
    int blocks,
    double layerDecay,
    double dropPath,
    double mixup,
    double cutmix,
    double smoothing,
    double randAugment,
    double randAugmentDeviation,
    int randAugmentOperations,
    double randomErasing)
    implements Serializable {

  /** The model of a run that starts from scratch. */
  public static final String SCRATCH = "none";

  /** A run that does not fine-tune. */
  public static final FineTune NONE =
      new FineTune("", "", 0, Pooling.MEAN, -1, 1, 0, 0, 0, 0, 0, 0, 1, 0);

  public FineTune {
    require(classes >= 0 && classes != 1, "classes", classes, "must be at least 2, or 0");
    require(blocks >= -1, "blocks", blocks, "must be at least 0, or -1 for all");
    require(layerDecay > 0 && layerDecay <= 1, "layer-decay", layerDecay, "must be in (0, 1]");
    require(dropPath >= 0 && dropPath < 1, "drop-path", dropPath, "must be in [0, 1)");
    require(mixup >= 0, "mixup", mixup, "must be positive, or 0 for none");
    require(cutmix >= 0, "cutmix", cutmix, "must be positive, or 0 for none");
    require(smoothing >= 0 && smoothing < 1, "label-smoothing", smoothing, "must be in [0, 1)");
    require(
        randAugment >= 0 && randAugment <= 10,
        "rand-augment",
        randAugment,
        "must be at most 10, or 0 for none");
    require(
        randAugmentDeviation >= 0,
        "rand-augment-deviation",
        randAugmentDeviation,
        "must not be negative");
    require(
        randAugmentOperations > 0,
        "rand-augment-operations",
        randAugmentOperations,
        "must be at least 1");
    require(
        randomErasing >= 0 && randomErasing <= 1,
        "random-erasing",
        randomErasing,
        "must be in [0, 1]");
  }

  private static void require(boolean holds, String key, Object value, String rule) {
    if (!holds) {
      throw new IllegalArgumentException(
          "Invalid finetune.%s: %s (%s)".formatted(key, value, rule));
    }
  }

  /** Returns whether the run fine-tunes. */
  public boolean isOn() {
    return !model.isEmpty();
  }

  /** Returns whether the run starts from scratch. */
  public boolean isFromScratch() {
    return model.equals(SCRATCH);
  }

  /** Returns the classifier of so many classes on the encoder of {@code model}. */
  public ClassifierConfig classifier(MaeConfig model, int numClasses) {
    return new ClassifierConfig(model, numClasses, pooling, blocks, dropPath);
  }
}
