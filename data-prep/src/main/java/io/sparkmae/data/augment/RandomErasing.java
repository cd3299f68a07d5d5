package io.sparkmae.data.augment;

import io.sparkmae.data.image.SampleSeed;
import io.sparkmae.data.image.SampleSeed.Draws;
import io.sparkmae.data.image.View.PixelEdit;
import java.util.List;

/**
 * Replaces a random rectangle of an image by noise (Zhong et al. 2020): normal with the mean and
 * deviation of the images, for each value, clipped to a byte.
 *
 * @param probability that an image has a rectangle, in (0, 1]
 * @param mean of each channel, 0 to 1
 * @param deviation of each channel, 0 to 1
 */
public record RandomErasing(double probability, List<Double> mean, List<Double> deviation)
    implements PixelEdit {
  private static final int TRIES = 10;
  private static final double MIN_AREA = 0.02;
  private static final double MAX_AREA = 1.0 / 3;
  private static final double LOG_RATIO = StrictMath.log(1 / 0.3);

  public RandomErasing {
    mean = List.copyOf(mean);
    deviation = List.copyOf(deviation);
    if (!(probability > 0 && probability <= 1)) {
      throw new IllegalArgumentException(
          "Invalid probability of random erasing: %s (must be in (0, 1])".formatted(probability));
    }
  }

  @Override
  public void edit(byte[] pixels, int size, long sampleSeed) {
    Draws draws = SampleSeed.stream(sampleSeed, SampleSeed.ERASE);
    if (draws.uniform() >= probability) {
      return;
    }
    for (int i = 0; i < TRIES; i++) {
      double area = draws.uniform(MIN_AREA, MAX_AREA) * size * size;
      double ratio = StrictMath.exp(draws.uniform(-LOG_RATIO, LOG_RATIO));
      int height = (int) Math.rint(Math.sqrt(area * ratio));
      int width = (int) Math.rint(Math.sqrt(area / ratio));
      if (height < size && width < size) {
        int top = draws.below(size - height + 1);
        int left = draws.below(size - width + 1);
        erase(Image.of(pixels, size), top, left, height, width, draws);
        return;
      }
    }
  }

  private void erase(Image image, int top, int left, int height, int width, Draws draws) {
    int channels = image.channels();
    for (int y = top; y < top + height; y++) {
      for (int i = (y * image.size() + left) * channels, n = 0; n < width * channels; n++) {
        int channel = n % channels;
        double value = mean.get(channel) + deviation.get(channel) * draws.gaussian();
        image.set(i + n, Image.clip((int) Math.rint(255 * value)));
      }
    }
  }
}
