package io.sparkmae.data.image;

import io.sparkmae.data.image.codec.ByteArrayImageInput;
import io.sparkmae.data.image.codec.Leptonica;
import io.sparkmae.data.image.codec.Orientation;
import io.sparkmae.data.image.codec.RowCount;
import java.awt.Rectangle;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import javax.imageio.ImageIO;
import javax.imageio.ImageReadParam;
import javax.imageio.ImageReader;

/**
 * Decodes images to red, green and blue bytes, equal to Pillow's {@code convert("RGB")}: no ICC
 * profile, no EXIF orientation (but that of a TIFF), alpha dropped, grey replicated, 16 bits cut to
 * the upper 8. Of an animation it is the first frame.
 *
 * <p>The missing part of a truncated image is grey in a JPEG and black in a PNG. Not thread-safe:
 * readers are reused, and the memory of an image is overwritten by the next.
 */
public final class ImageDecoder implements AutoCloseable {
  private static final int LARGE =
      64 * 64; // pixels, from which skipping pays for the reader's calls
  private static final int KEPT_BYTES = 48 << 20; // a photograph of 16 million pixels

  private final Map<EncodedImage.Format, ImageReader> readers =
      new EnumMap<>(EncodedImage.Format.class);
  private final RowCount rows = new RowCount();
  private byte[] pixels = {};

  /** Decodes all pixels. */
  public RgbImage decode(EncodedImage image) throws Undecodable {
    return decode(image, Box.whole(image.width(), image.height()));
  }

  /** Decodes all pixels and turns them as the file's orientation says. */
  public RgbImage upright(EncodedImage image) throws Undecodable {
    return image.isTurned() ? decode(image) : turned(decode(image), image.orientation());
  }

  /** Decodes the pixels of a box; they equal those of the whole image. */
  public RgbImage decode(EncodedImage image, Box box) throws Undecodable {
    Box frame = image.canvas().frame();
    Box whole = Box.whole(image.width(), image.height());
    if (!image.isTurned() && frame.equals(whole)) {
      return decodeFrame(image, box);
    }
    RgbImage decoded = decodeFrame(image, Box.whole(frame.width(), frame.height()));
    if (image.isTurned()) {
      decoded = turned(decoded, image.orientation());
      frame = whole;
    }
    return paint(decoded, new Canvas(frame, image.canvas().background()), box);
  }

  private static RgbImage turned(RgbImage image, Orientation orientation) {
    if (orientation == Orientation.UPRIGHT) {
      return image;
    }
    byte[] rgb = orientation.upright(image.rgb(), image.width(), image.height());
    return orientation.swaps()
        ? new RgbImage(image.height(), image.width(), rgb)
        : new RgbImage(image.width(), image.height(), rgb);
  }

  private RgbImage decodeFrame(EncodedImage image, Box box) throws Undecodable {
    boolean jpeg = image.format() == EncodedImage.Format.JPEG && image.components() < 4;
    if (image.format() != EncodedImage.Format.WEBP && !(jpeg && Leptonica.isLoaded())) {
      return decodeByJava(image, box);
    }
    boolean part = !box.equals(Box.whole(image.width(), image.height()));
    boolean large = image.width() * image.height() > LARGE;
    if (jpeg && part && large && !image.truncated() && SameLibrary.IS_JAVAS) {
      try {
        return decodeByJava(image, box);
      } catch (Undecodable e) {
        return decodeByLeptonica(image, box); // such as arithmetic coding
      }
    }
    return decodeByLeptonica(image, box);
  }

  /**
   * Tells whether this Java runtime decodes by libjpeg-turbo too. Then it is the faster one for a
   * part of an image: it skips the rest.
   */
  private static final class SameLibrary {
    private static final boolean IS_JAVAS = isJavas();

    private static boolean isJavas() {
      try (var decoder = new ImageDecoder()) {
        EncodedImage image = HalvedRows.oneByTwo();
        Box box = Box.whole(image.width(), image.height());
        byte[] pixels = decoder.decodeByLeptonica(image, box).rgb().clone();
        return !HalvedRows.areRepeated()
            && Arrays.equals(pixels, decoder.decodeByJava(image, box).rgb());
      } catch (IOException | Undecodable e) {
        return false;
      }
    }
  }

  private RgbImage decodeByLeptonica(EncodedImage image, Box box) throws Undecodable {
    boolean jpeg = image.format() == EncodedImage.Format.JPEG;
    Box frame = image.canvas().frame();
    try (Leptonica decoded = jpeg ? Leptonica.jpeg(image.bytes()) : Leptonica.webp(image.bytes())) {
      if (decoded == null
          || decoded.width() != frame.width()
          || decoded.height() != frame.height()) {
        throw new Undecodable(RejectReason.CORRUPT, image.format() + " decoder: bad data");
      }
      var target = new RgbImage(box.width(), box.height(), room(box));
      decoded.copy(box.left(), box.top(), box.width(), box.height(), target.rgb());
      return target;
    }
  }

  private RgbImage decodeByJava(EncodedImage image, Box box) throws Undecodable {
    ImageReader reader = readers.computeIfAbsent(image.format(), ImageDecoder::reader);
    Optional<HalvedRows> halved = HalvedRows.in(image);
    try (var input = new ByteArrayImageInput(halved.map(HalvedRows::jpeg).orElse(image.bytes()))) {
      reader.setInput(input, true, true);
      if (image.truncated()) {
        rows.count(reader, input);
      }
      RgbImage decoded =
          halved.isPresent()
              ? halved.get().read(reader, box, image.height())
              : read(reader, image, box);
      reader.removeAllIIOReadUpdateListeners();
      reader.setInput(null);
      return decoded;
    } catch (IOException | RuntimeException e) {
      forget(image.format());
      throw new Undecodable(RejectReason.CORRUPT, image.format() + " decoder: " + e.getMessage());
    }
  }

  /** Returns a box of the canvas with the frame on it. */
  private static RgbImage paint(RgbImage image, Canvas canvas, Box box) {
    byte[] rgb = new byte[Math.multiplyExact(Math.multiplyExact(box.width(), box.height()), 3)];
    for (int i = 0; i < rgb.length && canvas.background() != 0; i++) {
      rgb[i] = (byte) (canvas.background() >> 16 - i % 3 * 8);
    }
    Box frame = canvas.frame().within(box);
    int left = Math.max(0, frame.left());
    int right = Math.min(box.width(), frame.left() + frame.width());
    int bottom = Math.min(box.height(), frame.top() + frame.height());
    for (int y = Math.max(0, frame.top()); y < bottom && left < right; y++) {
      int from = (y - frame.top()) * image.width() + left - frame.left();
      System.arraycopy(
          image.rgb(), from * 3, rgb, (y * box.width() + left) * 3, (right - left) * 3);
    }
    return new RgbImage(box.width(), box.height(), rgb);
  }

  /**
   * Returns how many rows of a truncated image its bytes hold; of a progressive JPEG those whose
   * first scan is there, of an interlaced PNG none.
   */
  public int rowsThere(EncodedImage image) throws Undecodable {
    decodeByJava(image, Box.whole(image.width(), image.height()));
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
  static ImageReader reader(EncodedImage.Format format) {
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
