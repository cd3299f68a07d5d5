package io.sparkmae.data.image;

import java.util.Arrays;

/**
 * Pillow's antialiased bicubic resize, to the bit: columns first, rounded to bytes between the
 * passes. Not thread-safe: buffers are reused.
 *
 * <p>Both passes add whole lines, since the JIT vectorises that, but not the short sums along a
 * line. So the image is transposed for the first pass, and back for the second. Each line is an int
 * array of its own, because Java 17's JIT vectorises neither loops that start inside an array nor
 * the widening of bytes.
 */
public final class Resampler {
  private static final int HALF = 1 << (Taps.BITS - 1);
  private static final int TILE = 16; // lines transposed at a time

  private static final int COLUMN_VALUES = 4 << 20; // limits the buffer to 16 MiB

  private int[][] columns = {}; // [source width][strip, 3]
  private int[][] rows = {}; // [source height][width, 3]
  private int[][] tile = {}; // [TILE][strip, 3]
  private int[] sums = {};

  /**
   * Resizes a part of an image; computes only the requested window.
   *
   * @param source the part; pixels outside do not affect the result
   * @param framing size of the resized part, the window of it to keep, and whether to mirror
   * @param out [window.height, window.width, 3]
   */
  public void resize(RgbImage image, Box source, Framing framing, byte[] out) {
    Box window = framing.window();
    Taps across = Taps.of(source.width(), framing.width(), window.left(), window.width());
    Taps down = Taps.of(source.height(), framing.height(), window.top(), window.height());
    int width = across.end() - across.start();
    int lines = down.end() - down.start();
    int strip = Math.max(TILE, Math.min(lines, COLUMN_VALUES / 3 / width));
    columns = room(columns, width, strip * 3);
    tile = room(tile, TILE, strip * 3);
    rows = room(rows, lines, window.width() * 3);
    sums = room(sums, Math.max(strip, window.width()) * 3);
    int corner = (source.top() + down.start()) * image.width() + source.left() + across.start();
    for (int y = 0; y < lines; y += strip) {
      int count = Math.min(strip, lines - y);
      transpose(image, corner + y * image.width(), width, count);
      narrow(across, y, count, framing.flip());
    }
    shorten(down, window.width() * 3, out);
  }

  private static int[] room(int[] line, int length) {
    return line.length < length ? new int[length] : line;
  }

  private static int[][] room(int[][] lines, int count, int length) {
    int[][] enough = lines.length < count ? Arrays.copyOf(lines, count) : lines;
    for (int i = 0; i < count; i++) {
      enough[i] = enough[i] == null ? new int[length] : room(enough[i], length);
    }
    return enough;
  }

  /** Copies rows of bytes to columns of ints; {@code corner} is the first pixel. */
  private void transpose(RgbImage image, int corner, int width, int lines) {
    byte[] rgb = image.rgb();
    int stride = image.width() * 3;
    for (int y = 0; y < lines; y += TILE) {
      int end = Math.min(y + TILE, lines) * 3;
      for (int x = 0; x < width; x++) {
        int[] column = columns[x];
        int from = y * stride + (corner + x) * 3;
        for (int to = y * 3; to < end; to += 3, from += stride) {
          column[to] = rgb[from] & 0xff;
          column[to + 1] = rgb[from + 1] & 0xff;
          column[to + 2] = rgb[from + 2] & 0xff;
        }
      }
    }
  }

  /** Runs the first pass, which changes the width: from columns to the rows from {@code top} on. */
  private void narrow(Taps taps, int top, int lines, boolean flip) {
    for (int x = 0; x < taps.length(); x += TILE) {
      int count = Math.min(TILE, taps.length() - x);
      for (int i = 0; i < count; i++) {
        sum(columns, taps, x + i, lines * 3);
        clip(sums, tile[i], lines * 3);
      }
      int first = flip ? taps.length() - 1 - x : x;
      for (int y = 0; y < lines; y++) {
        transposeBack(rows[top + y], first, flip ? -3 : 3, count, y * 3);
      }
    }
  }

  private void transposeBack(int[] row, int first, int step, int count, int from) {
    for (int i = 0, to = first * 3; i < count; i++, to += step) {
      row[to] = tile[i][from];
      row[to + 1] = tile[i][from + 1];
      row[to + 2] = tile[i][from + 2];
    }
  }

  /** Runs the second pass, which changes the height. */
  private void shorten(Taps taps, int length, byte[] out) {
    for (int y = 0; y < taps.length(); y++) {
      sum(rows, taps, y, length);
      clip(sums, sums, length);
      for (int i = 0; i < length; i++) {
        out[y * length + i] = (byte) sums[i];
      }
    }
  }

  /** Computes the weighted sum of the lines of one position. */
  private void sum(int[][] lines, Taps taps, int position, int length) {
    int[] weights = taps.weights();
    int w = position * taps.stride();
    int end = w + taps.count()[position];
    int line = taps.first()[position] - taps.start();
    Arrays.fill(sums, 0, length, HALF);
    for (; w + 4 <= end; w += 4, line += 4) {
      add(lines[line], weights[w], lines[line + 1], weights[w + 1], sums, length);
      add(lines[line + 2], weights[w + 2], lines[line + 3], weights[w + 3], sums, length);
    }
    for (; w < end; w++, line++) {
      add(lines[line], weights[w], sums, length);
    }
  }

  private static void add(int[] line, int weight, int[] sums, int length) {
    for (int i = 0; i < length; i++) {
      sums[i] += line[i] * weight;
    }
  }

  private static void add(int[] a, int wa, int[] b, int wb, int[] sums, int length) {
    for (int i = 0; i < length; i++) {
      sums[i] += a[i] * wa + b[i] * wb;
    }
  }

  /** Cuts to bytes without Math.min and Math.max, which Java 17's JIT does not vectorise here. */
  private static void clip(int[] sums, int[] out, int length) {
    for (int i = 0; i < length; i++) {
      int value = sums[i] >> Taps.BITS;
      int atLeast0 = value & ~(value >> 31);
      int room = 255 - atLeast0;
      out[i] = atLeast0 + (room & room >> 31);
    }
  }
}
