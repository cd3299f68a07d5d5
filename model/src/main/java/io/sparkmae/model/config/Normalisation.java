package io.sparkmae.model.config;

import java.io.Serializable;
import java.util.List;

/**
 * How the values of images become the model's numbers: (value / largest − mean) / deviation by
 * channel.
 *
 * @param largest value that an image can have: 255, or 65535 for values of two bytes
 * @param mean of each channel, as a share of the largest value
 * @param deviation of each channel, as a share of the largest value
 */
public record Normalisation(int largest, List<Double> mean, List<Double> deviation)
    implements Serializable {

  /** That of RGB bytes: ImageNet's mean and deviation, for any data. */
  public static final Normalisation IMAGENET =
      new Normalisation(255, List.of(0.485, 0.456, 0.406), List.of(0.229, 0.224, 0.225));

  public Normalisation {
    if (largest != 255 && largest != 65535) {
      throw new IllegalArgumentException(
          "Invalid largest: %d (must be 255 or 65535)".formatted(largest));
    }
    mean = List.copyOf(mean);
    deviation = List.copyOf(deviation);
    boolean divides = deviation.stream().allMatch(d -> d > 0 && Double.isFinite(d));
    if (mean.isEmpty() || mean.size() != deviation.size() || !divides) {
      throw new IllegalArgumentException(
          "Invalid mean and deviation: %s and %s (must be one of each for every channel, deviations positive)"
              .formatted(mean, deviation));
    }
  }

  /** Returns the number of channels. */
  public int channels() {
    return mean.size();
  }

  /** Returns the size of a value in bytes. */
  public int valueBytes() {
    return largest > 255 ? 2 : 1;
  }

  /** Returns the model's number for a value of a channel. */
  public double number(int value, int channel) {
    return (value / (double) largest - mean.get(channel)) / deviation.get(channel);
  }
}
