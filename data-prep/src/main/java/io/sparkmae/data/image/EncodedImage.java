package io.sparkmae.data.image;

import static io.sparkmae.data.image.codec.Bytes.startsWith;

import io.sparkmae.data.image.codec.Orientation;
import io.sparkmae.data.image.codec.RefusedFormat;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * An encoded image whose header has been read and found acceptable, before any pixel is allocated.
 *
 * @param format by the first bytes, whatever the file's name
 * @param width in pixels
 * @param height in pixels
 * @param components colour components of a JPEG; 0 otherwise
 * @param truncated whether the bytes end before the image does; truncated images of formats other
 *     than JPEG and PNG are refused
 * @param orientation how its pixels must be turned to stand upright
 * @param canvas where the decoded pixels lie in the image
 * @param bytes input for the decoder
 */
public record EncodedImage(
    Format format,
    int width,
    int height,
    int components,
    boolean truncated,
    Orientation orientation,
    Canvas canvas,
    byte[] bytes) {
  /**
   * Larger images are rejected: a header can claim 4 billion pixels, which would be allocated
   * before the first is read.
   */
  static final long MAX_PIXELS = 100_000_000;

  // A Huffman code takes at least a bit for a block of 64 values, subsampled at most 16 to 1.
  private static final int JPEG_PIXELS_OF_A_BYTE = 1024;

  // One byte of deflate decompresses to at most this many.
  private static final int PNG_BYTES_OF_A_BYTE = 1032;

  // A code of LZW has at most 12 bits, and stands for at most 4,096 pixels.
  private static final int GIF_PIXELS_OF_A_BYTE = 4096;

  public enum Format {
    JPEG,
    PNG,
    WEBP,
    GIF,
    BMP,
    TIFF
  }

  /**
   * Returns whether decoding turns the image, so that width and height are those after it. That of
   * a TIFF does, as in Pillow: the tag belongs to the format.
   */
  public boolean isTurned() {
    return format == Format.TIFF && orientation != Orientation.UPRIGHT;
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
    requireSize(image.width, image.height);
    if (image.needs() > bytes.length) {
      throw new Undecodable(
          RejectReason.TRUNCATED, "%s pixels in %d bytes".formatted(image.size(), bytes.length));
    }
    return image;
  }

  /** Refuses more than {@link #MAX_PIXELS}. */
  static void requireSize(long width, long height) throws Undecodable {
    if (width * height > MAX_PIXELS) {
      throw new Undecodable(
          RejectReason.TOO_LARGE,
          "%d x %d pixels, more than %d".formatted(width, height, MAX_PIXELS));
    }
  }

  /**
   * Returns the fewest bytes that an image of this size can have; a decompression bomb has fewer.
   */
  private long needs() {
    long pixels = (long) width * height;
    return switch (format) {
      case JPEG -> pixels / JPEG_PIXELS_OF_A_BYTE;
      case PNG -> pixels * pngChannels() * bytes[24] / 8 / PNG_BYTES_OF_A_BYTE;
      case GIF -> (long) canvas.frame().width() * canvas.frame().height() / GIF_PIXELS_OF_A_BYTE;
      case WEBP, BMP, TIFF -> 0; // of one colour they are small, or their header has been checked
    };
  }

  private int pngChannels() {
    return switch (bytes[25]) {
      case 2 -> 3;
      case 4 -> 2;
      case 6 -> 4;
      default -> 1;
    };
  }

  private static EncodedImage header(byte[] bytes) throws Undecodable {
    if (startsWith(bytes, 0, "\u00ff\u00d8\u00ff")) {
      return new JpegHeader(bytes).read();
    }
    if (startsWith(bytes, 0, "\u0089PNG\r\n\u001a\n")) {
      return png(bytes);
    }
    if (startsWith(bytes, 0, "RIFF") && startsWith(bytes, 8, "WEBP")) {
      return new WebpHeader(bytes).read();
    }
    if (startsWith(bytes, 0, "GIF87a") || startsWith(bytes, 0, "GIF89a")) {
      return new GifHeader(bytes).read();
    }
    if (startsWith(bytes, 0, "BM")) {
      return BmpHeader.read(bytes);
    }
    if (startsWith(bytes, 0, "II*\0") || startsWith(bytes, 0, "MM\0*")) {
      return new TiffHeader(bytes).read();
    }
    Optional<String> refused = RefusedFormat.of(bytes);
    if (refused.isPresent()) {
      throw new Undecodable(
          RejectReason.UNSUPPORTED, refused.get() + " (convert it to JPEG or PNG first)");
    }
    throw new Undecodable(RejectReason.NOT_AN_IMAGE, "the first bytes are of no known format");
  }

  private static void requirePngHeader(byte[] bytes) throws Undecodable {
    if (bytes.length < 26) {
      throw new Undecodable(RejectReason.TRUNCATED_HEADER, "PNG of " + bytes.length + " bytes");
    }
    if (!startsWith(bytes, 12, "IHDR")) {
      throw new Undecodable(RejectReason.CORRUPT, "PNG without IHDR");
    }
  }

  private static EncodedImage png(byte[] bytes) throws Undecodable {
    requirePngHeader(bytes);
    var header = ByteBuffer.wrap(bytes, 16, 8);
    int width = header.getInt();
    int height = header.getInt();
    if (width < 0 || height < 0) {
      throw new Undecodable(RejectReason.CORRUPT, "PNG with a negative size");
    }
    return new EncodedImage(
        Format.PNG,
        width,
        height,
        0,
        chunk(bytes, "IEND") < 0,
        pngOrientation(bytes),
        Canvas.of(width, height),
        bytes);
  }

  private static Orientation pngOrientation(byte[] bytes) {
    int exif = chunk(bytes, "eXIf");
    return exif < 0
        ? Orientation.UPRIGHT
        : Orientation.ofExif(bytes, exif + 8, exif + 8 + ByteBuffer.wrap(bytes).getInt(exif));
  }

  /** Returns where a PNG has a chunk, or -1. A chunk is length, type, data, checksum. */
  private static int chunk(byte[] bytes, String type) {
    long at = 8;
    while (at + 12 <= bytes.length) {
      long next = at + 12 + Integer.toUnsignedLong(ByteBuffer.wrap(bytes).getInt((int) at));
      if (startsWith(bytes, (int) at + 4, type) && (next <= bytes.length || type.equals("IEND"))) {
        return (int) at;
      }
      at = next;
    }
    return -1;
  }

  private String size() {
    return width + " x " + height;
  }
}
