package io.sparkmae.data.image.codec;

import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.leptonica.PIX;
import org.bytedeco.leptonica.global.leptonica;

/**
 * Decodes JPEG and WebP by libjpeg-turbo and libwebp, which Leptonica's jar carries: the same bytes
 * on every Java runtime. It catches the errors of both, which end the process by default.
 *
 * <p>A decoded image takes 4 bytes a pixel outside of the Java heap, 1 if it is grey, until it is
 * closed.
 */
public final class Leptonica implements AutoCloseable {
  private static final boolean LOADED = load();

  private final PIX pix;
  private final int width;
  private final boolean grey;
  private int[] line = {};

  private Leptonica(PIX pix) {
    this.pix = pix;
    this.width = leptonica.pixGetWidth(pix);
    this.grey = leptonica.pixGetDepth(pix) == 8;
  }

  /** Returns whether this machine has the libraries; if not, it has been said on stderr. */
  public static boolean isLoaded() {
    return LOADED;
  }

  /** Returns the versions of Leptonica and of the image libraries in it, or {@code not loaded}. */
  public static String versions() {
    return LOADED
        ? "%s, %s"
            .formatted(text(leptonica.getLeptonicaVersion()), text(leptonica.getImagelibVersions()))
        : "Leptonica not loaded";
  }

  private static String text(BytePointer allocated) {
    String text = allocated.getString().replace(" : ", ", ");
    leptonica.lept_free(allocated);
    return text;
  }

  /**
   * Decodes a JPEG of one or three components. Damaged and missing parts are what libjpeg-turbo
   * makes of them.
   *
   * @return null if it cannot be decoded
   */
  public static Leptonica jpeg(byte[] bytes) {
    return of(
        leptonica.pixReadMemJpeg(
            bytes, bytes.length, 0, 1, new int[1], leptonica.L_JPEG_CONTINUE_WITH_BAD_DATA));
  }

  /**
   * Decodes a WebP of one frame.
   *
   * @return null if it cannot be decoded
   */
  public static Leptonica webp(byte[] bytes) {
    return of(leptonica.pixReadMemWebP(bytes, bytes.length));
  }

  private static Leptonica of(PIX pix) {
    return pix == null || pix.isNull() ? null : new Leptonica(pix);
  }

  public int width() {
    return width;
  }

  public int height() {
    return leptonica.pixGetHeight(pix);
  }

  /** Copies a box of pixels to {@code rgb}, as red, green and blue bytes, row by row. */
  public void copy(int left, int top, int boxWidth, int boxHeight, byte[] rgb) {
    int words = leptonica.pixGetWpl(pix);
    int first = grey ? left / 4 : left;
    int count = (grey ? (left + boxWidth + 3) / 4 : left + boxWidth) - first;
    if (line.length < count) {
      line = new int[count];
    }
    try (IntPointer data = leptonica.pixGetData(pix)) {
      for (int y = 0; y < boxHeight; y++) {
        data.position((long) (top + y) * words + first).get(line, 0, count);
        if (grey) {
          grey(left - first * 4, boxWidth, rgb, y * boxWidth * 3);
        } else {
          colour(boxWidth, rgb, y * boxWidth * 3);
        }
      }
    }
  }

  /** A word is red, green, blue, alpha, from its highest byte. */
  private void colour(int count, byte[] rgb, int to) {
    for (int x = 0, i = to; x < count; x++, i += 3) {
      int word = line[x];
      rgb[i] = (byte) (word >>> 24);
      rgb[i + 1] = (byte) (word >>> 16);
      rgb[i + 2] = (byte) (word >>> 8);
    }
  }

  /** A word is four pixels, from its highest byte. */
  private void grey(int from, int count, byte[] rgb, int to) {
    for (int x = from, i = to; x < from + count; x++, i += 3) {
      byte value = (byte) (line[x >> 2] >>> 24 - 8 * (x & 3));
      rgb[i] = value;
      rgb[i + 1] = value;
      rgb[i + 2] = value;
    }
  }

  @Override
  public void close() {
    leptonica.pixDestroy(pix);
  }

  private static boolean load() {
    try {
      Loader.load(leptonica.class);
      leptonica.setMsgSeverity(leptonica.L_SEVERITY_NONE);
      return true;
    } catch (LinkageError | RuntimeException e) {
      System.err.println(
          "WARN: images are decoded by this Java runtime, since libjpeg-turbo cannot be loaded ("
              + e
              + "): arithmetic JPEGs and WebP are refused");
      return false;
    }
  }
}
