package io.sparkmae.job.pixels;

import io.sparkmae.model.config.Normalisation;
import java.util.Arrays;
import java.util.function.IntToDoubleFunction;

/**
 * The channels of an image that are drawn as red, green and blue. A value 2.5 deviations below its
 * channel's mean is black, one 2.5 above it is white.
 *
 * @param red number of a channel, from 0
 * @param green number of a channel, from 0
 * @param blue number of a channel, from 0
 */
public record ShownChannels(int red, int green, int blue) {

  private static final double REACH = 2.5; // deviations

  /**
   * Returns the choice of a user.
   *
   * @param chosen three numbers, one for grey, or null for the first three, or the first for fewer
   * @param channels of the image
   * @throws IllegalArgumentException if they are other numbers
   */
  public static ShownChannels of(int[] chosen, int channels) {
    if (chosen == null) {
      return channels < 3 ? new ShownChannels(0, 0, 0) : new ShownChannels(0, 1, 2);
    }
    boolean exist = Arrays.stream(chosen).allMatch(c -> 0 <= c && c < channels);
    if (!exist || chosen.length != 1 && chosen.length != 3) {
      throw new IllegalArgumentException(
          "Invalid show-channels: %s (must be three numbers, or one, from 0 to %d)"
              .formatted(Arrays.toString(chosen), channels - 1));
    }
    return chosen.length == 1
        ? new ShownChannels(chosen[0], chosen[0], chosen[0])
        : new ShownChannels(chosen[0], chosen[1], chosen[2]);
  }

  /**
   * Returns the choice of a user for the images of a model; null for RGB, which is drawn as it is.
   *
   * @throws IllegalArgumentException if RGB images are to be drawn otherwise
   */
  public static ShownChannels of(int[] chosen, Normalisation model) {
    if (!model.equals(Normalisation.IMAGENET)) {
      return of(chosen, model.channels());
    }
    if (chosen != null) {
      throw new IllegalArgumentException(
          "Invalid show-channels: %s (must be left out: the model's images are RGB)"
              .formatted(Arrays.toString(chosen)));
    }
    return null;
  }

  /**
   * Draws a model's numbers.
   *
   * @param numbers [..., channels]
   * @return uint8 [..., 3]
   */
  public byte[] draw(float[] numbers, int channels) {
    return draw(numbers.length / channels, channels, i -> numbers[i]);
  }

  /**
   * Draws values of images.
   *
   * @param values [..., channels], of two bytes the lower first
   * @return uint8 [..., 3]
   */
  public byte[] draw(byte[] values, Normalisation normalisation) {
    int channels = normalisation.channels();
    int size = normalisation.valueBytes();
    return draw(
        values.length / size / channels,
        channels,
        i -> {
          int value =
              size == 1 ? values[i] & 0xff : values[2 * i] & 0xff | (values[2 * i + 1] & 0xff) << 8;
          return normalisation.number(value, i % channels);
        });
  }

  private byte[] draw(int pixels, int channels, IntToDoubleFunction number) {
    int[] shown = {red, green, blue};
    byte[] rgb = new byte[Math.multiplyExact(pixels, 3)];
    for (int i = 0; i < rgb.length; i++) {
      double level = (number.applyAsDouble(i / 3 * channels + shown[i % 3]) + REACH) / (2 * REACH);
      rgb[i] = (byte) Math.round(255 * Math.max(0, Math.min(1, level)));
    }
    return rgb;
  }
}
