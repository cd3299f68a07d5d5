package io.sparkmae.data.channels;

import io.sparkmae.data.image.Box;
import io.sparkmae.data.image.Framing;
import io.sparkmae.data.image.PixelFormat;
import io.sparkmae.data.image.Taps;
import io.sparkmae.data.image.Undecodable;
import java.util.Arrays;

/**
 * The resize of {@link io.sparkmae.data.image.Resampler} for any channels: for bytes the same to
 * the bit, for 16 bits the same weights, and 16-bit values between the passes. Not thread-safe:
 * buffers are reused.
 *
 * <p>Sums of 16-bit values need 40 bits. They are integers in doubles, which hold them exactly and
 * which processors multiply fast.
 */
public final class ChannelResampler {
  private static final double HALF = 1 << (Taps.BITS - 1);

  private int[] line = {}; // [source width, channels]
  private int[][] rows = {}; // [source height][width, channels]
  private double[] sums = {};

  /** Returns the window of a resized part of an image. */
  public ChannelImage resize(ChannelImage image, Framing framing) throws Undecodable {
    Box window = framing.window();
    ChannelImage resized = ChannelImage.blank(window.width(), window.height(), image.format());
    resize(image, framing, resized.values());
    return resized;
  }

  /**
   * Resizes a part of an image; computes only the requested window.
   *
   * @param framing the part, its size, the window of it to keep, and whether to mirror
   * @param out [window.height, window.width, channels] of the image's type
   */
  void resize(ChannelImage image, Framing framing, byte[] out) {
    Box source = framing.source();
    Box window = framing.window();
    PixelFormat format = image.format();
    int channels = format.channels();
    Taps across = Taps.of(source.width(), framing.width(), window.left(), window.width());
    Taps down = Taps.of(source.height(), framing.height(), window.top(), window.height());
    int lines = down.end() - down.start();
    int length = window.width() * channels;
    makeRoom(lines, length, (across.end() - across.start()) * channels);
    for (int y = 0; y < lines; y++) {
      int first =
          (source.top() + down.start() + y) * image.width() + source.left() + across.start();
      read(image, first * channels, (across.end() - across.start()) * channels);
      narrow(across, channels, framing.flip(), format.type().largest(), rows[y]);
    }
    shorten(down, length, format.type(), out);
  }

  private void makeRoom(int lines, int length, int sourceLength) {
    line = line.length < sourceLength ? new int[sourceLength] : line;
    sums = sums.length < length ? new double[length] : sums;
    if (rows.length < lines || lines > 0 && rows[0].length < length) {
      rows = new int[lines][length];
    }
  }

  private void read(ChannelImage image, int from, int length) {
    for (int i = 0; i < length; i++) {
      line[i] = image.value(from + i);
    }
  }

  /** Runs the first pass, which changes the width, on one line. */
  private void narrow(Taps taps, int channels, boolean flip, int largest, int[] row) {
    double[] sum = new double[channels];
    for (int x = 0; x < taps.length(); x++) {
      Arrays.fill(sum, HALF);
      int from = (taps.first()[x] - taps.start()) * channels;
      for (int k = 0; k < taps.count()[x]; k++, from += channels) {
        double weight = taps.weights()[x * taps.stride() + k];
        for (int c = 0; c < channels; c++) {
          sum[c] += line[from + c] * weight;
        }
      }
      int to = (flip ? taps.length() - 1 - x : x) * channels;
      for (int c = 0; c < channels; c++) {
        row[to + c] = clip(sum[c], largest);
      }
    }
  }

  /** Runs the second pass, which changes the height. */
  private void shorten(Taps taps, int length, PixelFormat.Type type, byte[] out) {
    for (int y = 0; y < taps.length(); y++) {
      Arrays.fill(sums, 0, length, HALF);
      for (int k = 0; k < taps.count()[y]; k++) {
        add(
            rows[taps.first()[y] - taps.start() + k],
            taps.weights()[y * taps.stride() + k],
            length);
      }
      for (int i = 0; i < length; i++) {
        ChannelImage.put(out, type, y * length + i, clip(sums[i], type.largest()));
      }
    }
  }

  private void add(int[] row, double weight, int length) {
    for (int i = 0; i < length; i++) {
      sums[i] += row[i] * weight;
    }
  }

  private static int clip(double sum, int largest) {
    return (int) Math.max(0, Math.min(largest, (long) sum >> Taps.BITS));
  }
}
