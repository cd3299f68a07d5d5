package io.sparkmae.data.image;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Sums over pixels that give mean and deviation of each channel. They are integers, so they do not
 * depend on the order of the images. The values are the number of pixels, then sum and sum of
 * squares of red, green, blue.
 */
public final class PixelSums {
  private static final int SIZE = 7;

  private PixelSums() {}

  public static long[] none() {
    return new long[SIZE];
  }

  public static long[] of(RgbImage image) {
    long[] sums = none();
    sums[0] = (long) image.width() * image.height();
    byte[] rgb = image.rgb();
    int row = image.width() * 3;
    for (int from = 0; from < image.length(); from += row) {
      addRow(rgb, from, from + row, sums);
    }
    return sums;
  }

  private static void addRow(byte[] rgb, int from, int to, long[] sums) {
    long red = 0;
    long green = 0;
    long blue = 0;
    long red2 = 0;
    long green2 = 0;
    long blue2 = 0;
    for (int i = from; i < to; i += 3) {
      int r = rgb[i] & 0xff;
      int g = rgb[i + 1] & 0xff;
      int b = rgb[i + 2] & 0xff;
      red += r;
      green += g;
      blue += b;
      red2 += r * r;
      green2 += g * g;
      blue2 += b * b;
    }
    sums[1] += red;
    sums[2] += red2;
    sums[3] += green;
    sums[4] += green2;
    sums[5] += blue;
    sums[6] += blue2;
  }

  public static void add(long[] sums, long[] more) {
    Arrays.setAll(sums, i -> sums[i] + more[i]);
  }

  /** Returns the mean of each channel, 0 to 1; empty without pixels. */
  public static List<Double> mean(long[] sums) {
    return IntStream.range(0, sums[0] == 0 ? 0 : 3)
        .mapToObj(c -> sums[2 * c + 1] / 255.0 / sums[0])
        .toList();
  }

  /**
   * Returns the standard deviation of each channel over all pixels, 0 to 1; empty without pixels.
   */
  public static List<Double> deviation(long[] sums) {
    List<Double> mean = mean(sums);
    return IntStream.range(0, mean.size())
        .mapToObj(c -> sums[2 * c + 2] / (255.0 * 255) / sums[0] - mean.get(c) * mean.get(c))
        .map(variance -> Math.sqrt(Math.max(0, variance)))
        .toList();
  }
}
