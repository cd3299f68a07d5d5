package io.sparkmae.model;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Between the bytes of an image and the numbers that the model sees: (byte / 255 − mean) /
 * deviation, by channel.
 *
 * <p>Three channels have ImageNet's mean and deviation, any other number 0.5 and 0.5.
 */
public final class Pixels {

  private static final double[] IMAGENET_MEAN = {0.485, 0.456, 0.406};
  private static final double[] IMAGENET_DEVIATION = {0.229, 0.224, 0.225};

  private Pixels() {}

  /** Mean of channel {@code channel} in [0, 1]. */
  public static double mean(int channel, int channels) {
    return channels == 3 ? IMAGENET_MEAN[channel] : 0.5;
  }

  /** Deviation of channel {@code channel} in [0, 1]. */
  public static double deviation(int channel, int channels) {
    return channels == 3 ? IMAGENET_DEVIATION[channel] : 0.5;
  }

  /**
   * Bytes to the model's numbers.
   *
   * @param patches uint8 [batch, L, P]
   * @return float [batch, L, P]
   */
  public static INDArray normalise(byte[] patches, int batch, MaeConfig config) {
    long expected = (long) batch * config.tokens() * config.patchLength();
    if (patches.length != expected) {
      throw new IllegalArgumentException(
          "Invalid patches: %d bytes (%d images of %d pixels in %d channels are %d)"
              .formatted(patches.length, batch, config.imageSize(), config.channels(), expected));
    }
    float[][] table = table(config.channels());
    float[] values = new float[patches.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = table[i % config.channels()][patches[i] & 0xff];
    }
    return Nd4j.create(values, new long[] {batch, config.tokens(), config.patchLength()}, 'c');
  }

  private static float[][] table(int channels) {
    float[][] table = new float[channels][256];
    double[] levels = levels(channels);
    for (int channel = 0; channel < channels; channel++) {
      for (int value = 0; value < 256; value++) {
        table[channel][value] = (float) levels[256 * channel + value];
      }
    }
    return table;
  }

  /** The number that each byte of each channel stands for, [channels · 256]. */
  public static double[] levels(int channels) {
    double[] levels = new double[channels * 256];
    for (int i = 0; i < levels.length; i++) {
      int channel = i / 256;
      levels[i] = (i % 256 / 255.0 - mean(channel, channels)) / deviation(channel, channels);
    }
    return levels;
  }

  /**
   * The model's numbers back to bytes, clipped and rounded; {@code values} is [..., P] with the
   * channel fastest.
   */
  public static byte[] toBytes(INDArray values, int channels) {
    float[] flat = values.dup('c').data().asFloat();
    byte[] bytes = new byte[flat.length];
    for (int i = 0; i < bytes.length; i++) {
      int channel = i % channels;
      double level = (flat[i] * deviation(channel, channels) + mean(channel, channels)) * 255;
      bytes[i] = (byte) Math.round(Math.max(0, Math.min(255, level)));
    }
    return bytes;
  }
}
