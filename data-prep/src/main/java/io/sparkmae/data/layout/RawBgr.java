package io.sparkmae.data.layout;

import io.sparkmae.data.image.RejectReason;
import io.sparkmae.data.image.codec.PngEncoder;
import java.nio.ByteBuffer;

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
        ? Sample.image(key, PngEncoder.ofBgr(raw, HEADER, width, height), label)
        : Sample.reject(
            key,
            RejectReason.CORRUPT,
            "%d bytes are not %d x %d pixels".formatted(raw.length, width, height));
  }
}
