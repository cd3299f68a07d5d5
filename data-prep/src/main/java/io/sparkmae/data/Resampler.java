package io.sparkmae.data;

import java.util.Arrays;

/**
 * Pillow's antialiased bicubic resize, to the bit: columns first, rounded to bytes between the
 * passes.
 */
final class Resampler {
  private static final int HALF = 1 << (Taps.BITS - 1);

  private Resampler() {}

  /**
   * The {@code window} of an image that has been resized to width x height; nothing outside it is
   * computed.
   *
   * @return [window.height, window.width, 3]
   */
  static byte[] resize(RgbImage image, int width, int height, Box window) {
    Taps columns = Taps.of(image.width(), width, window.left(), window.width());
    Taps rows = Taps.of(image.height(), height, window.top(), window.height());
    int top = rows.first()[0];
    int last = window.height() - 1;
    int bottom = rows.first()[last] + rows.count()[last];
    int[] narrow = horizontal(image, columns, top, bottom);
    return vertical(narrow, rows, top, window.width() * 3);
  }

  /**
   * Rows [top, bottom) with their columns resized; int, because the second pass runs faster on it.
   */
  private static int[] horizontal(RgbImage image, Taps taps, int top, int bottom) {
    int length = taps.first().length;
    int[] out = new int[(bottom - top) * length * 3];
    int to = 0;
    for (int y = top; y < bottom; y++) {
      int line = y * image.width() * 3;
      for (int x = 0; x < length; x++, to += 3) {
        pixel(image.rgb(), line + taps.first()[x] * 3, taps, x, out, to);
      }
    }
    return out;
  }

  // Every index is linear in k: so the JIT checks bounds once, a quarter of this method's time.
  private static void pixel(byte[] rgb, int from, Taps taps, int x, int[] out, int to) {
    int[] weights = taps.weights();
    int first = x * taps.stride();
    int count = taps.count()[x];
    int red = HALF;
    int green = HALF;
    int blue = HALF;
    for (int k = 0; k < count; k++) {
      int weight = weights[first + k];
      int at = from + 3 * k;
      red += (rgb[at] & 0xff) * weight;
      green += (rgb[at + 1] & 0xff) * weight;
      blue += (rgb[at + 2] & 0xff) * weight;
    }
    out[to] = clip(red);
    out[to + 1] = clip(green);
    out[to + 2] = clip(blue);
  }

  private static byte[] vertical(int[] lines, Taps taps, int top, int length) {
    byte[] out = new byte[taps.first().length * length];
    int[] sums = new int[length];
    for (int y = 0; y < taps.first().length; y++) {
      Arrays.fill(sums, HALF);
      for (int k = 0; k < taps.count()[y]; k++) {
        int from = (taps.first()[y] + k - top) * length;
        add(lines, from, taps.weights()[y * taps.stride() + k], sums);
      }
      for (int i = 0; i < length; i++) {
        out[y * length + i] = (byte) clip(sums[i]);
      }
    }
    return out;
  }

  private static void add(int[] lines, int from, int weight, int[] sums) {
    for (int i = 0; i < sums.length; i++) {
      sums[i] += lines[from + i] * weight;
    }
  }

  private static int clip(int sum) {
    return Math.max(0, Math.min(255, sum >> Taps.BITS));
  }
}
