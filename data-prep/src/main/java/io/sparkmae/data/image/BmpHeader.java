package io.sparkmae.data.image;

import static io.sparkmae.data.image.codec.Bytes.littleEndian;
import static io.sparkmae.data.image.codec.Bytes.putLittleEndian;

import io.sparkmae.data.image.codec.Orientation;

/**
 * Reads the header of a BMP, and corrects what its reader goes by: lengths, which writers leave
 * wrong, and the colour profile, which could be the name of a file.
 */
final class BmpHeader {
  private static final int CORE = 12; // bytes of the oldest header
  private static final int INFO = 40;
  private static final int V4 = 108; // the first one with a colour space
  private static final int COLOUR_SPACE = 14 + 56;
  private static final long SRGB = 0x73524742;

  private BmpHeader() {}

  static EncodedImage read(byte[] bytes) throws Undecodable {
    long header = headerLength(bytes);
    boolean core = header == CORE;
    int width = (int) littleEndian(bytes, 18, core ? 2 : 4);
    int height =
        Math.abs(core ? (int) littleEndian(bytes, 20, 2) : (int) littleEndian(bytes, 22, 4));
    int bits = (int) littleEndian(bytes, core ? 24 : 28, 2);
    long coding = core ? 0 : littleEndian(bytes, 30, 4);
    if (width < 0 || height < 0) {
      throw new Undecodable(RejectReason.CORRUPT, "BMP with a negative size");
    }
    if (coding > 3) {
      throw new Undecodable(
          RejectReason.UNSUPPORTED, "BMP of coding " + coding + " (save it as a plain BMP)");
    }
    requirePixels(bytes, width, height, bits, coding);
    return new EncodedImage(
        EncodedImage.Format.BMP,
        width,
        height,
        0,
        false,
        Orientation.UPRIGHT,
        Canvas.of(width, height),
        corrected(bytes, header));
  }

  private static long headerLength(byte[] bytes) throws Undecodable {
    if (bytes.length < 14 + CORE || bytes.length < 14 + littleEndian(bytes, 14, 4)) {
      throw new Undecodable(RejectReason.TRUNCATED_HEADER, "BMP of " + bytes.length + " bytes");
    }
    long header = littleEndian(bytes, 14, 4);
    if (header != CORE && header < INFO) {
      throw new Undecodable(RejectReason.CORRUPT, "BMP header of " + header + " bytes");
    }
    return header;
  }

  private static void requirePixels(byte[] bytes, int width, int height, int bits, long coding)
      throws Undecodable {
    long row = ((long) width * bits + 31) / 32 * 4;
    boolean runs = coding == 1 || coding == 2;
    if (!runs && littleEndian(bytes, 10, 4) + row * height > bytes.length) {
      throw new Undecodable(
          RejectReason.TRUNCATED,
          "%d x %d pixels of %d bits in %d bytes".formatted(width, height, bits, bytes.length));
    }
  }

  private static byte[] corrected(byte[] bytes, long header) {
    byte[] corrected = bytes.clone();
    putLittleEndian(corrected, 2, 4, bytes.length);
    if (header >= INFO) {
      putLittleEndian(corrected, 34, 4, Math.max(0, bytes.length - littleEndian(bytes, 10, 4)));
    }
    if (header >= V4) {
      putLittleEndian(corrected, COLOUR_SPACE, 4, SRGB);
    }
    return corrected;
  }
}
