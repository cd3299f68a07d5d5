package io.sparkmae.data.augment;

import java.util.Arrays;
import java.util.function.IntUnaryOperator;

/**
 * Pixels that are changed in place, uint8 [size, size, channels], as Pillow changes them.
 *
 * @param channels 3 for red, green and blue; another number has no colours
 */
record Image(byte[] pixels, int size, int channels) {

  static Image of(byte[] pixels, int size) {
    return new Image(pixels, size, pixels.length / (size * size));
  }

  int at(int index) {
    return pixels[index] & 0xff;
  }

  void set(int index, int value) {
    pixels[index] = (byte) value;
  }

  static int clip(int value) {
    return Math.max(0, Math.min(255, value));
  }

  /** Replaces every value by its entry in a table. */
  void map(IntUnaryOperator table) {
    byte[] values = table(table);
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = values[at(i)];
    }
  }

  private static byte[] table(IntUnaryOperator table) {
    byte[] values = new byte[256];
    for (int v = 0; v < 256; v++) {
      values[v] = (byte) clip(table.applyAsInt(v));
    }
    return values;
  }

  /** A table for one channel, from the channel's histogram [256]. */
  interface Levels {
    IntUnaryOperator of(int[] histogram);
  }

  /** Replaces every value by its entry in its channel's table. */
  void mapChannels(Levels levels) {
    for (int channel = 0; channel < channels; channel++) {
      int[] histogram = new int[256];
      for (int i = channel; i < pixels.length; i += channels) {
        histogram[at(i)]++;
      }
      byte[] values = table(levels.of(histogram));
      for (int i = channel; i < pixels.length; i += channels) {
        pixels[i] = values[at(i)];
      }
    }
  }

  /**
   * Moves every value away from {@code from} by a factor: 1 changes nothing, 0 gives {@code from}.
   */
  void blend(byte[] from, float factor) {
    for (int i = 0; i < pixels.length; i++) {
      int start = from[i] & 0xff;
      set(i, clip((int) (start + factor * (at(i) - start))));
    }
  }

  /** Moves every value away from one number by a factor. */
  void blend(int from, float factor) {
    map(value -> (int) (from + factor * (value - from)));
  }

  /** Returns the brightness of each pixel, by ITU-R 601-2 for three channels, else the mean. */
  int[] grey() {
    int[] grey = new int[size * size];
    for (int i = 0; i < grey.length; i++) {
      grey[i] = channels == 3 ? luma(3 * i) : mean(channels * i);
    }
    return grey;
  }

  private int luma(int first) {
    return (at(first) * 19595 + at(first + 1) * 38470 + at(first + 2) * 7471 + 0x8000) >> 16;
  }

  private int mean(int first) {
    int sum = 0;
    for (int channel = 0; channel < channels; channel++) {
      sum += at(first + channel);
    }
    return sum / channels;
  }

  /** Returns a copy in which every pixel inside the border is a weighted mean of nine. */
  byte[] smooth() {
    byte[] smooth = Arrays.copyOf(pixels, pixels.length);
    int row = size * channels;
    for (int y = 1; y < size - 1; y++) {
      for (int i = y * row + channels; i < (y + 1) * row - channels; i++) {
        int sum = 4 * at(i); // the middle counts five times
        for (int at = i - row; at <= i + row; at += row) {
          sum += at(at - channels) + at(at) + at(at + channels);
        }
        smooth[i] = (byte) ((2 * sum + 13) / 26);
      }
    }
    return smooth;
  }
}
