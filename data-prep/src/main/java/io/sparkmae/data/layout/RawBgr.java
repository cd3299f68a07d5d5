package io.sparkmae.data.layout;

import io.sparkmae.data.image.RejectReason;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferByte;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import javax.imageio.ImageIO;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** BigDL's raw pixels: width and height, four bytes each, then rows of blue, green, red. */
final class RawBgr {
  private static final int HEADER = 8;

  private RawBgr() {}

  /** Returns the image as a sample in PNG, with the same pixels. */
  static Sample sample(String key, byte[] raw, int label) {
    int width = raw.length < HEADER ? 0 : ByteBuffer.wrap(raw).getInt(0);
    int height = raw.length < HEADER ? 0 : ByteBuffer.wrap(raw).getInt(4);
    boolean whole =
        width > 0 && height > 0 && (long) width * height * 3 == (long) raw.length - HEADER;
    return whole
        ? Sample.image(key, png(raw, width, height), label)
        : Sample.reject(
            key,
            RejectReason.CORRUPT,
            "%d bytes are not %d x %d pixels".formatted(raw.length, width, height));
  }

  private static byte[] png(byte[] raw, int width, int height) {
    var image = new BufferedImage(width, height, BufferedImage.TYPE_3BYTE_BGR);
    byte[] bgr = ((DataBufferByte) image.getRaster().getDataBuffer()).getData();
    System.arraycopy(raw, HEADER, bgr, 0, bgr.length);
    var out = new ByteArrayOutputStream();
    try (var stream = new MemoryCacheImageOutputStream(out)) {
      ImageIO.write(image, "png", stream);
    } catch (IOException e) {
      throw new IllegalStateException("Cannot encode pixels in memory", e);
    }
    return out.toByteArray();
  }
}
