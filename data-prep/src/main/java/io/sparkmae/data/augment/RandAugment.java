package io.sparkmae.data.augment;

import io.sparkmae.data.image.SampleSeed;
import io.sparkmae.data.image.SampleSeed.Draws;
import io.sparkmae.data.image.View.PixelEdit;

/**
 * Some random operations on every image, each with probability 1/2 (Cubuk et al. 2019): with 9, 0.5
 * and 2, the augmentation of the paper's fine-tuning (Table 9), known as {@code
 * rand-m9-mstd0.5-inc1}.
 *
 * @param magnitude mean level of an operation, in (0, 10]
 * @param deviation of the level, at least 0
 * @param operations drawn for an image, at least 1
 */
public record RandAugment(double magnitude, double deviation, int operations) implements PixelEdit {
  private static final double PROBABILITY = 0.5;

  public RandAugment {
    if (!(magnitude > 0 && magnitude <= Operation.MOST && deviation >= 0) || operations < 1) {
      throw new IllegalArgumentException(
          "Invalid RandAugment: magnitude %s, deviation %s, %d operations (must be in (0, 10], at least 0, and at least 1)"
              .formatted(magnitude, deviation, operations));
    }
  }

  @Override
  public void edit(byte[] pixels, int size, long sampleSeed) {
    Image image = Image.of(pixels, size);
    Draws draws = SampleSeed.stream(sampleSeed, SampleSeed.AUGMENT);
    for (int i = 0; i < operations; i++) {
      Operation operation = Operation.values()[draws.below(Operation.values().length)];
      if (draws.uniform() < PROBABILITY) {
        double level = magnitude + deviation * draws.gaussian();
        operation.apply(image, Math.max(0, Math.min(Operation.MOST, level)), draws);
      }
    }
  }
}
