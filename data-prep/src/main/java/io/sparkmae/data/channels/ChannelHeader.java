package io.sparkmae.data.channels;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.sparkmae.data.image.EncodedImage;
import io.sparkmae.data.image.PixelFormat;
import io.sparkmae.data.image.PixelFormat.Type;
import io.sparkmae.data.image.RejectReason;
import io.sparkmae.data.image.Undecodable;

/**
 * What the header of an encoded image says.
 *
 * @param format its name, such as NPY
 * @param width in pixels
 * @param height in pixels
 * @param channels values of a pixel
 * @param type of a value
 */
public record ChannelHeader(String format, int width, int height, int channels, Type type) {
  private static final int GREY = 0;
  private static final int PALETTE = 3;

  /**
   * Reads and checks the header of an image; decodes nothing.
   *
   * @param channels that an array must have, whose axes have no names
   */
  public static ChannelHeader of(byte[] bytes, int channels) throws Undecodable {
    if (isNpy(bytes)) {
      return Npy.of(bytes).header(channels);
    }
    if (isTiff(bytes)) {
      return new Tiff(bytes).header();
    }
    if (startsWith(bytes, "II+\0") || startsWith(bytes, "MM\0+")) {
      throw new Undecodable(RejectReason.UNSUPPORTED, "BigTIFF (must be npy, TIFF, PNG or JPEG)");
    }
    EncodedImage image = EncodedImage.of(bytes);
    if (image.truncated()) {
      throw new Undecodable(RejectReason.TRUNCATED, image.format() + " without its end");
    }
    return switch (image.format()) {
      case PNG -> png(image);
      case JPEG ->
          new ChannelHeader("JPEG", image.width(), image.height(), image.components(), Type.UINT8);
      default ->
          throw new Undecodable(
              RejectReason.UNSUPPORTED, image.format() + " (must be npy, TIFF, PNG or JPEG)");
    };
  }

  private static ChannelHeader png(EncodedImage image) throws Undecodable {
    int bits = image.bytes()[24];
    int colours = image.bytes()[25];
    if (colours == PALETTE || bits < 8) {
      throw new Undecodable(
          RejectReason.UNSUPPORTED,
          colours == PALETTE
              ? "PNG with a palette (must have values of 8 or 16 bits)"
              : "PNG of %d bits (must be 8 or 16)".formatted(bits));
    }
    int channels = (colours == GREY || colours == 4 ? 1 : 3) + (colours >= 4 ? 1 : 0); // alpha
    Type type = bits == 8 ? Type.UINT8 : Type.UINT16;
    return new ChannelHeader("PNG", image.width(), image.height(), channels, type);
  }

  static boolean isNpy(byte[] bytes) {
    return startsWith(bytes, Npy.MAGIC);
  }

  static boolean isTiff(byte[] bytes) {
    return startsWith(bytes, "II*\0") || startsWith(bytes, "MM\0*");
  }

  private static boolean startsWith(byte[] bytes, String magic) {
    return bytes.length >= magic.length()
        && new String(bytes, 0, magic.length(), ISO_8859_1).equals(magic);
  }

  /** Throws unless the image has this format. */
  void require(PixelFormat wanted) throws Undecodable {
    if (channels != wanted.channels() || type != wanted.type()) {
      throw new Undecodable(
          RejectReason.UNSUPPORTED,
          "%s of %d × %s (the data set has %s)".formatted(format, channels, type, wanted));
    }
    ChannelImage.bytes(width, height, wanted);
  }
}
