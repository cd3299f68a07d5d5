package io.sparkmae.data;

import java.awt.Rectangle;
import java.io.IOException;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.Locale;
import java.util.Map;
import javax.imageio.ImageIO;
import javax.imageio.ImageReadParam;
import javax.imageio.ImageReader;

/**
 * Encoded images to red, green and blue bytes, as Pillow's {@code convert("RGB")} gives them: no
 * ICC profile, no EXIF orientation, alpha dropped, grey replicated, 16 bits cut to the upper 8.
 *
 * <p>For one thread: it reuses its readers.
 */
final class ImageDecoder implements AutoCloseable {
  private final Map<EncodedImage.Format, ImageReader> readers =
      new EnumMap<>(EncodedImage.Format.class);

  /** All pixels. */
  RgbImage decode(EncodedImage image) throws Undecodable {
    return decode(image, Box.whole(image.width(), image.height()));
  }

  /** The pixels of a box, equal to those of the whole image. */
  RgbImage decode(EncodedImage image, Box box) throws Undecodable {
    ImageReader reader = readers.computeIfAbsent(image.format(), ImageDecoder::reader);
    try (var input = new ByteArrayImageInput(image.bytes())) {
      reader.setInput(input, true, true);
      ImageReadParam param = reader.getDefaultReadParam();
      param.setSourceRegion(new Rectangle(box.left(), box.top(), box.width(), box.height()));
      RgbImage decoded = RgbPixels.of(reader.read(0, param), image.format());
      reader.setInput(null);
      return decoded;
    } catch (IOException | RuntimeException e) {
      forget(image.format());
      throw new Undecodable(RejectReason.CORRUPT, image.format() + " decoder: " + e.getMessage());
    }
  }

  @Override
  public void close() {
    readers.values().forEach(ImageReader::dispose);
    readers.clear();
  }

  /** A reader that has failed may be in any state. */
  private void forget(EncodedImage.Format format) {
    readers.remove(format).dispose();
  }

  /** The JDK's own reader: others that are on the class path take its place, and other pixels. */
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
