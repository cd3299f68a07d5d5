package io.sparkmae.data.channels;

import io.sparkmae.data.image.PixelFormat;
import io.sparkmae.data.image.PixelFormat.Type;
import io.sparkmae.data.image.RejectReason;
import io.sparkmae.data.image.Undecodable;

/**
 * Decoded pixels of any channels.
 *
 * @param width in pixels
 * @param height in pixels
 * @param format channels and their type
 * @param values [height, width, channels]; of 16 bits the lower byte first
 */
public record ChannelImage(int width, int height, PixelFormat format, byte[] values) {
  /** As many bytes as the largest RGB image has; larger ones are rejected before they get any. */
  static final long MOST_BYTES = 300_000_000;

  /**
   * Returns an image of zeros.
   *
   * @throws Undecodable if it has no pixels, or too many
   */
  static ChannelImage blank(int width, int height, PixelFormat format) throws Undecodable {
    return new ChannelImage(width, height, format, new byte[bytes(width, height, format)]);
  }

  /** Returns the size of an image in bytes, if it may have that size. */
  static int bytes(int width, int height, PixelFormat format) throws Undecodable {
    String size = "%d x %d pixels of %s".formatted(width, height, format);
    if (width < 1 || height < 1) {
      throw new Undecodable(RejectReason.CORRUPT, size);
    }
    if ((long) width * height > MOST_BYTES / format.bytes()) {
      throw new Undecodable(
          RejectReason.TOO_LARGE, "%s, more than %d bytes".formatted(size, MOST_BYTES));
    }
    return width * height * format.bytes();
  }

  /** Returns this image as a NumPy array file, [height, width, channels]. */
  public byte[] npy() {
    return Npy.write(this);
  }

  /** Returns the value at an index of [height, width, channels]. */
  int value(int index) {
    return format.type() == Type.UINT16
        ? values[2 * index] & 0xff | (values[2 * index + 1] & 0xff) << 8
        : values[index] & 0xff;
  }

  /** Puts a value at an index of [height, width, channels]. */
  void put(int index, int value) {
    put(values, format.type(), index, value);
  }

  static void put(byte[] values, Type type, int index, int value) {
    if (type == Type.UINT16) {
      values[2 * index] = (byte) value;
      values[2 * index + 1] = (byte) (value >> 8);
    } else {
      values[index] = (byte) value;
    }
  }
}
