package io.sparkmae.data.image;

import java.nio.ByteBuffer;

/**
 * An encoded image whose header has been read and found acceptable, before any pixel is allocated.
 *
 * @param format by the first bytes, whatever the file's name
 * @param width in pixels
 * @param height in pixels
 * @param components colour components of a JPEG; 0 otherwise
 * @param truncated whether the bytes end before the image does
 * @param bytes input for the decoder
 */
public record EncodedImage(
    Format format, int width, int height, int components, boolean truncated, byte[] bytes) {
  /**
   * Larger images are rejected: a header can claim 4 billion pixels, which would be allocated
   * before the first is read.
   */
  static final long MAX_PIXELS = 100_000_000;

  // A Huffman code takes at least a bit for a block of 64 values, subsampled at most 16 to 1.
  private static final int JPEG_PIXELS_OF_A_BYTE = 1024;

  // One byte of deflate decompresses to at most this many.
  private static final int PNG_BYTES_OF_A_BYTE = 1032;

  public enum Format {
    JPEG,
    PNG
  }

  /** Reads and checks the header of an encoded image. */
  public static EncodedImage of(byte[] bytes) throws Undecodable {
    if (bytes.length == 0) {
      throw new Undecodable(RejectReason.EMPTY, "no bytes");
    }
    EncodedImage image = header(bytes);
    if (image.width == 0 || image.height == 0) {
      throw new Undecodable(RejectReason.CORRUPT, image.size() + " pixels");
    }
    if ((long) image.width * image.height > MAX_PIXELS) {
      throw new Undecodable(
          RejectReason.TOO_LARGE, image.size() + " pixels, more than " + MAX_PIXELS);
    }
    if (image.needs() > bytes.length) {
      throw new Undecodable(
          RejectReason.TRUNCATED, "%s pixels in %d bytes".formatted(image.size(), bytes.length));
    }
    return image;
  }

  /**
   * Returns the fewest bytes that an image of this size can have; a decompression bomb has fewer.
   */
  private long needs() {
    if (format == Format.JPEG) {
      return (long) width * height / JPEG_PIXELS_OF_A_BYTE;
    }
    int channels =
        switch (bytes[25]) {
          case 2 -> 3;
          case 4 -> 2;
          case 6 -> 4;
          default -> 1;
        };
    return (long) width * height * channels * bytes[24] / 8 / PNG_BYTES_OF_A_BYTE;
  }

  private static EncodedImage header(byte[] bytes) throws Undecodable {
    if (startsWith(bytes, 0, "\u00ff\u00d8\u00ff")) {
      return new JpegHeader(bytes).read();
    }
    if (startsWith(bytes, 0, "\u0089PNG\r\n\u001a\n")) {
      return png(bytes);
    }
    for (String known : new String[] {"GIF8", "BM", "II*\0", "MM\0*", "\0\0\1\0"}) {
      if (startsWith(bytes, 0, known)) {
        throw new Undecodable(RejectReason.UNSUPPORTED, "neither JPEG nor PNG");
      }
    }
    if (startsWith(bytes, 8, "WEBP") || startsWith(bytes, 4, "ftyp")) {
      throw new Undecodable(RejectReason.UNSUPPORTED, "neither JPEG nor PNG");
    }
    throw new Undecodable(RejectReason.NOT_AN_IMAGE, "the first bytes are of no known format");
  }

  private static EncodedImage png(byte[] bytes) throws Undecodable {
    if (bytes.length < 26) {
      throw new Undecodable(RejectReason.TRUNCATED_HEADER, "PNG of " + bytes.length + " bytes");
    }
    if (!startsWith(bytes, 12, "IHDR")) {
      throw new Undecodable(RejectReason.CORRUPT, "PNG without IHDR");
    }
    var header = ByteBuffer.wrap(bytes, 16, 8);
    int width = header.getInt();
    int height = header.getInt();
    if (width < 0 || height < 0) {
      throw new Undecodable(RejectReason.CORRUPT, "PNG with a negative size");
    }
    return new EncodedImage(Format.PNG, width, height, 0, !hasEnd(bytes), bytes);
  }

  /** Returns whether a PNG has its end chunk. A chunk is length, type, data, checksum. */
  private static boolean hasEnd(byte[] bytes) {
    long at = 8;
    while (at + 12 <= bytes.length) {
      if (startsWith(bytes, (int) at + 4, "IEND")) {
        return true;
      }
      at += 12 + Integer.toUnsignedLong(ByteBuffer.wrap(bytes).getInt((int) at));
    }
    return false;
  }

  private static boolean startsWith(byte[] bytes, int offset, String magic) {
    if (bytes.length < offset + magic.length()) {
      return false;
    }
    for (int i = 0; i < magic.length(); i++) {
      if ((bytes[offset + i] & 0xff) != magic.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  private String size() {
    return width + " x " + height;
  }
}
