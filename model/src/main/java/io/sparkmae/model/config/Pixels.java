package io.sparkmae.model.config;

import org.bytedeco.javacpp.BytePointer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.concurrency.AffinityManager.Location;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Converts between the bytes of an image and the model's numbers, (byte / 255 − mean) / deviation
 * by channel.
 *
 * <p>Images of three channels have ImageNet's mean and deviation, all others 0.5 and 0.5. Images of
 * a {@link Normalisation} of their own become numbers before the step.
 */
public final class Pixels {

  private Pixels() {}

  /** Returns the mean of a channel, in [0, 1]. */
  public static double mean(int channel, int channels) {
    return channels == 3 ? Normalisation.IMAGENET.mean().get(channel) : 0.5;
  }

  /** Returns the standard deviation of a channel, in [0, 1]. */
  public static double deviation(int channel, int channels) {
    return channels == 3 ? Normalisation.IMAGENET.deviation().get(channel) : 0.5;
  }

  /**
   * Returns patches as a step takes them: RGB as bytes, which it normalises, others as numbers.
   *
   * @param patches [batch, L, P] values, inside a patch row, column, channel; of two bytes the
   *     lower comes first
   * @return [batch, L, P], uint8 or float
   */
  public static INDArray of(
      byte[] patches, int batch, MaeConfig config, Normalisation normalisation) {
    return normalisation.equals(Normalisation.IMAGENET)
        ? bytes(patches, batch, config)
        : numbers(patches, batch, config, normalisation);
  }

  private static INDArray numbers(
      byte[] patches, int batch, MaeConfig config, Normalisation normalisation) {
    int channels = normalisation.channels();
    int size = normalisation.valueBytes();
    long expected = (long) batch * config.tokens() * config.patchLength();
    if (channels != config.channels() || patches.length != expected * size) {
      throw invalid(patches.length, channels, batch, config, expected * size);
    }
    float[][] table = table(normalisation);
    float[] numbers = new float[(int) expected];
    for (int i = 0; i < numbers.length; i++) {
      int value =
          size == 1 ? patches[i] & 0xff : patches[2 * i] & 0xff | (patches[2 * i + 1] & 0xff) << 8;
      numbers[i] = table[i % channels][value];
    }
    long[] shape = {batch, config.tokens(), config.patchLength()};
    return Nd4j.create(numbers, shape, 'c');
  }

  private static IllegalArgumentException invalid(
      int bytes, int channels, int batch, MaeConfig config, long expected) {
    return new IllegalArgumentException(
        "Invalid patches: %d bytes of %d channels (%d images of %d pixels in %d channels are %d)"
            .formatted(bytes, channels, batch, config.imageSize(), config.channels(), expected));
  }

  private static float[][] table(Normalisation normalisation) {
    float[][] table = new float[normalisation.channels()][normalisation.largest() + 1];
    for (int channel = 0; channel < table.length; channel++) {
      for (int value = 0; value < table[channel].length; value++) {
        table[channel][value] = (float) normalisation.number(value, channel);
      }
    }
    return table;
  }

  /**
   * Returns a copy of the bytes as an array.
   *
   * @param patches uint8 [batch, L, P], inside a patch row, column, channel
   * @return uint8 [batch, L, P]
   */
  public static INDArray bytes(byte[] patches, int batch, MaeConfig config) {
    long expected = (long) batch * config.tokens() * config.patchLength();
    if (patches.length != expected) {
      throw new IllegalArgumentException(
          "Invalid patches: %d bytes (%d images of %d pixels in %d channels are %d)"
              .formatted(patches.length, batch, config.imageSize(), config.channels(), expected));
    }
    INDArray array =
        Nd4j.createUninitialized(DataType.UINT8, batch, config.tokens(), config.patchLength());
    new BytePointer(array.data().pointer()).put(patches);
    // the bytes were written on the host, and ND4J may run on a GPU
    Nd4j.getAffinityManager().tagLocation(array, Location.HOST);
    return array;
  }

  /** Returns what {@link #of} returned as the model's numbers: bytes are normalised. */
  public static INDArray asNumbers(INDArray patches, int channels) {
    return patches.dataType() == DataType.UINT8 ? normalise(patches, channels) : patches;
  }

  /**
   * Returns the model's numbers for bytes.
   *
   * @param bytes uint8 [batch, tokens, P]
   * @return float, of the same shape
   */
  public static INDArray normalise(INDArray bytes, int channels) {
    INDArray dense = bytes.dup('c');
    Nd4j.getAffinityManager().ensureLocation(dense, Location.HOST);
    byte[] values = new byte[Math.toIntExact(dense.length())];
    new BytePointer(dense.data().pointer()).get(values);
    float[][] table = table(channels);
    float[] numbers = new float[values.length];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = table[i % channels][values[i] & 0xff];
    }
    return Nd4j.create(numbers, bytes.shape(), 'c');
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

  /** Returns the model's number for each byte of each channel, [channels · 256]. */
  public static double[] levels(int channels) {
    double[] levels = new double[channels * 256];
    for (int i = 0; i < levels.length; i++) {
      int channel = i / 256;
      levels[i] = (i % 256 / 255.0 - mean(channel, channels)) / deviation(channel, channels);
    }
    return levels;
  }

  /**
   * Returns the bytes of the model's numbers, rounded and clipped to 0..255. {@code values} is
   * [..., P]; the channel varies fastest.
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
