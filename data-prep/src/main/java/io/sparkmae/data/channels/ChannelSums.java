package io.sparkmae.data.channels;

import io.sparkmae.data.image.PixelFormat;
import io.sparkmae.data.image.PixelSums;
import java.math.BigInteger;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

/**
 * Sums over pixels that give mean and deviation of each channel, as {@link PixelSums} gives those
 * of RGB, added by {@link PixelSums#add}. They are integers, so they do not depend on the order of
 * the images.
 *
 * <p>The values are the number of pixels, then for each channel the sum, and the sum of squares in
 * two parts of each image's: the lower 32 bits and the rest. One long would hold the squares of 2
 * billion 16-bit values only.
 */
public final class ChannelSums {
  private ChannelSums() {}

  /** Returns sums of no image. */
  public static long[] none(PixelFormat format) {
    return format.equals(PixelFormat.RGB) ? PixelSums.none() : new long[1 + 3 * format.channels()];
  }

  public static long[] of(ChannelImage image) {
    int channels = image.format().channels();
    long[] sums = none(image.format());
    long[] squares = new long[channels];
    int pixels = image.width() * image.height();
    sums[0] = pixels;
    for (int pixel = 0, i = 0; pixel < pixels; pixel++) {
      for (int c = 0; c < channels; c++, i++) {
        long value = image.value(i);
        sums[1 + 3 * c] += value;
        squares[c] += value * value;
      }
    }
    for (int c = 0; c < channels; c++) {
      sums[2 + 3 * c] = squares[c] & 0xffffffffL;
      sums[3 + 3 * c] = squares[c] >>> 32;
    }
    return sums;
  }

  /** Returns the mean of each channel as a share of the largest value; empty without pixels. */
  public static List<Double> mean(long[] sums, PixelFormat format) {
    return format.equals(PixelFormat.RGB)
        ? PixelSums.mean(sums)
        : channels(sums, format, c -> sums[1 + 3 * c] / (double) format.type().largest() / sums[0]);
  }

  /**
   * Returns the standard deviation of each channel over all pixels as a share of the largest value;
   * empty without pixels. A channel of equal values has 1: it can be divided by.
   */
  public static List<Double> deviation(long[] sums, PixelFormat format) {
    return format.equals(PixelFormat.RGB)
        ? PixelSums.deviation(sums)
        : channels(
            sums,
            format,
            c -> {
              double variance = variance(sums, c);
              return variance == 0 ? 1 : Math.sqrt(variance) / format.type().largest();
            });
  }

  /** Returns (n · Σ x² − (Σ x)²) / n², whose numerator is exact. */
  private static double variance(long[] sums, int channel) {
    BigInteger pixels = BigInteger.valueOf(sums[0]);
    BigInteger sum = BigInteger.valueOf(sums[1 + 3 * channel]);
    BigInteger squares =
        BigInteger.valueOf(sums[3 + 3 * channel])
            .shiftLeft(32)
            .add(BigInteger.valueOf(sums[2 + 3 * channel]));
    BigInteger numerator = pixels.multiply(squares).subtract(sum.multiply(sum));
    return numerator.doubleValue() / sums[0] / sums[0];
  }

  private static List<Double> channels(
      long[] sums, PixelFormat format, IntToDoubleFunction number) {
    return IntStream.range(0, sums[0] == 0 ? 0 : format.channels())
        .mapToObj(number::applyAsDouble)
        .toList();
  }
}
