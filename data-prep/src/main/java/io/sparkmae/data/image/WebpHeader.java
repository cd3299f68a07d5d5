package io.sparkmae.data.image;

import static io.sparkmae.data.image.codec.Bytes.littleEndian;
import static io.sparkmae.data.image.codec.Bytes.putLittleEndian;
import static io.sparkmae.data.image.codec.Bytes.startsWith;

import io.sparkmae.data.image.codec.Leptonica;
import io.sparkmae.data.image.codec.Orientation;

/**
 * Reads a WebP up to its first frame, and makes a WebP of that frame's colours alone: without
 * alpha, animation and metadata.
 */
final class WebpHeader {
  private static final int CHUNK = 8; // bytes of a chunk before its data: name and length

  private final byte[] bytes;
  private Box frame;
  private Box canvas;
  private byte[] still;
  private Orientation orientation = Orientation.UPRIGHT;

  WebpHeader(byte[] bytes) {
    this.bytes = bytes;
  }

  EncodedImage read() throws Undecodable {
    requireLibrary();
    chunks(12, bytes.length);
    if (still == null) {
      throw new Undecodable(RejectReason.TRUNCATED, "WebP ends before its first frame");
    }
    Box whole = canvas == null ? Box.whole(frame.width(), frame.height()) : canvas;
    if (!frame.around(whole).equals(whole)) {
      throw new Undecodable(RejectReason.CORRUPT, "WebP with a frame outside of it");
    }
    return new EncodedImage(
        EncodedImage.Format.WEBP,
        whole.width(),
        whole.height(),
        0,
        false,
        orientation,
        new Canvas(frame, 0),
        still);
  }

  private static void requireLibrary() throws Undecodable {
    if (!Leptonica.isLoaded()) {
      throw new Undecodable(
          RejectReason.UNSUPPORTED,
          "WebP, whose library cannot be loaded here (use Linux x86_64, or convert it to JPEG or PNG)");
    }
  }

  /** Reads chunks up to {@code end}; of pictures, the first. A chunk's data is padded. */
  private void chunks(int from, int end) throws Undecodable {
    for (long at = from; at + CHUNK <= end; ) {
      int data = (int) at + CHUNK;
      long length = littleEndian(bytes, data - 4, 4);
      chunk((int) at, data, length, (int) Math.min(end, data + length));
      at = data + length + (length & 1);
    }
  }

  private void chunk(int at, int data, long length, int end) throws Undecodable {
    if (startsWith(bytes, at, "VP8X") && end - data >= 10) {
      canvas = Box.whole(number(data + 4) + 1, number(data + 7) + 1);
    } else if (startsWith(bytes, at, "ANMF") && end - data >= 16 && still == null) {
      frame = new Box(number(data) * 2, number(data + 3) * 2, 0, 0);
      chunks(data + 16, end);
    } else if (startsWith(bytes, at, "EXIF")) {
      int skip = startsWith(bytes, data, "Exif\0\0") ? 6 : 0;
      orientation = Orientation.ofExif(bytes, data + skip, end);
    } else if (startsWith(bytes, at, "VP8") && still == null) {
      picture(at, data, length, end);
    }
  }

  private int number(int at) {
    return (int) littleEndian(bytes, at, 3);
  }

  private void picture(int at, int data, long length, int end) throws Undecodable {
    boolean lossless = bytes[at + 3] == 'L';
    if (end - data < length || length < (lossless ? 5 : 10)) {
      throw new Undecodable(RejectReason.TRUNCATED, "WebP ends in its first frame");
    }
    int left = frame == null ? 0 : frame.left();
    int top = frame == null ? 0 : frame.top();
    if (lossless) {
      long size = littleEndian(bytes, data + 1, 4);
      frame = new Box(left, top, (int) (size & 0x3fff) + 1, (int) (size >> 14 & 0x3fff) + 1);
    } else {
      frame = new Box(left, top, number(data + 6) & 0x3fff, number(data + 8) & 0x3fff);
    }
    still = still(at, (int) length + CHUNK);
  }

  private byte[] still(int at, int length) {
    byte[] file = new byte[12 + length + (length & 1)];
    System.arraycopy(bytes, 0, file, 0, 12);
    putLittleEndian(file, 4, 4, file.length - 8);
    System.arraycopy(bytes, at, file, 12, length);
    return file;
  }
}
