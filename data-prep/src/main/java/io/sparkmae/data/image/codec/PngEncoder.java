package io.sparkmae.data.image.codec;

import java.awt.image.BufferedImage;
import java.awt.image.DataBufferByte;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import javax.imageio.ImageIO;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** Encodes pixels that come without a file's format, as a file of the same pixels. */
public final class PngEncoder {
  private PngEncoder() {}

  /**
   * Returns an image in PNG.
   *
   * @param bgr [height, width, 3], blue, green, red, from {@code offset} on
   */
  public static byte[] ofBgr(byte[] bgr, int offset, int width, int height) {
    var image = new BufferedImage(width, height, BufferedImage.TYPE_3BYTE_BGR);
    byte[] pixels = ((DataBufferByte) image.getRaster().getDataBuffer()).getData();
    System.arraycopy(bgr, offset, pixels, 0, pixels.length);
    var out = new ByteArrayOutputStream();
    try (var stream = new MemoryCacheImageOutputStream(out)) {
      ImageIO.write(image, "png", stream);
    } catch (IOException e) {
      throw new IllegalStateException("Cannot encode pixels in memory", e);
    }
    return out.toByteArray();
  }
}
