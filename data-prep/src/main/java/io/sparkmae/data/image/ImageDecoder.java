package io.sparkmae.data.image;

import java.awt.Rectangle;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.Locale;
import java.util.Map;
import javax.imageio.ImageIO;
import javax.imageio.ImageReadParam;
import javax.imageio.ImageReader;

/**
 * Decodes images to red, green and blue bytes, equal to Pillow's {@code convert("RGB")}: no ICC
 * profile, no EXIF orientation, alpha dropped, grey replicated, 16 bits cut to the upper 8.
 *
 * <p>The missing part of a truncated image is grey in a JPEG and black in a PNG. Not thread-safe:
 * readers are reused, and the memory of an image is overwritten by the next.
 */
public final class ImageDecoder implements AutoCloseable {
  private static final int KEPT_BYTES = 48 << 20; // a photograph of 16 million pixels

  private final Map<EncodedImage.Format, ImageReader> readers =
      new EnumMap<>(EncodedImage.Format.class);
  private final RowCount rows = new RowCount();
  private byte[] pixels = {};

  /** Decodes all pixels. */
  public RgbImage decode(EncodedImage image) throws Undecodable {
    return decode(image, Box.whole(image.width(), image.height()));
  }

  /** Decodes the pixels of a box; they equal those of the whole image. */
  public RgbImage decode(EncodedImage image, Box box) throws Undecodable {
    ImageReader reader = readers.computeIfAbsent(image.format(), ImageDecoder::reader);
    try (var input = new ByteArrayImageInput(image.bytes())) {
      reader.setInput(input, true, true);
      if (image.truncated()) {
        rows.count(reader, input);
      }
      RgbImage decoded = read(reader, image, box);
      reader.removeAllIIOReadUpdateListeners();
      reader.setInput(null);
      return decoded;
    } catch (IOException | RuntimeException e) {
      forget(image.format());
      throw new Undecodable(RejectReason.CORRUPT, image.format() + " decoder: " + e.getMessage());
    }
  }

  /**
   * Returns how many rows of the last image were decoded before its bytes ended; for truncated
   * images.
   */
  public int rowsRead() {
    return rows.read();
  }

  private RgbImage read(ImageReader reader, EncodedImage image, Box box) throws IOException {
    ImageReadParam param = reader.getDefaultReadParam();
    param.setSourceRegion(new Rectangle(box.left(), box.top(), box.width(), box.height()));
    if (image.format() == EncodedImage.Format.JPEG && image.components() < 4) {
      // Decoded in this order; the reader's own blue, green, red would have to be swapped.
      RgbImage target = new RgbImage(box.width(), box.height(), room(box));
      param.setDestination(RgbPixels.view(target));
      reader.read(0, param);
      return target;
    }
    return RgbPixels.of(
        image.truncated() ? readWhatIsThere(reader, param, box) : reader.read(0, param),
        image.format());
  }

  /**
   * Reads a truncated PNG as far as it goes: the reader throws at its end, so the target is made
   * here.
   */
  private BufferedImage readWhatIsThere(ImageReader reader, ImageReadParam param, Box box)
      throws IOException {
    BufferedImage target =
        reader.getImageTypes(0).next().createBufferedImage(box.width(), box.height());
    param.setDestination(target);
    try {
      return reader.read(0, param);
    } catch (IOException e) {
      return target;
    }
  }

  private byte[] room(Box box) {
    int length = Math.multiplyExact(Math.multiplyExact(box.width(), box.height()), 3);
    if (length > KEPT_BYTES) {
      return new byte[length];
    }
    if (pixels.length < length) {
      pixels = new byte[length];
    }
    return pixels;
  }

  @Override
  public void close() {
    readers.values().forEach(ImageReader::dispose);
    readers.clear();
  }

  /** Drops a reader that has failed: it may be in any state. */
  private void forget(EncodedImage.Format format) {
    readers.remove(format).dispose();
  }

  /**
   * Returns the JDK's own reader: others on the class path have precedence and may give other
   * pixels.
   */
  private static ImageReader reader(EncodedImage.Format format) {
    Iterator<ImageReader> found =
        ImageIO.getImageReadersByFormatName(format.name().toLowerCase(Locale.ROOT));
    while (found.hasNext()) {
      ImageReader reader = found.next();
      if (reader.getClass().getName().startsWith("com.sun.imageio.")) {
        return reader;
      }
      reader.dispose();
    }
    throw new IllegalStateException(
        "Cannot decode "
            + format
            + ": this Java runtime lacks its ImageIO reader (use a full JDK)");
  }
}
