package io.sparkmae.data.image;

import io.sparkmae.data.image.codec.ByteArrayImageInput;
import java.awt.Rectangle;
import java.awt.image.Raster;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Optional;
import javax.imageio.ImageReadParam;
import javax.imageio.ImageReader;

/**
 * Gives libjpeg-turbo's pixels of a JPEG by a Java runtime that has libjpeg 6b. The two differ in
 * the components that have half of the rows and all of the columns: libjpeg 6b repeats their rows,
 * and libjpeg-turbo interpolates them.
 *
 * <p>Repeating loses nothing. So the samples are read as they are stored, and are interpolated and
 * converted to colours here.
 *
 * @param halved the components with half of the rows
 * @param isYcc whether the first three components are luminance and chrominance
 * @param jpeg the file, marked as one without conversion
 */
record HalvedRows(boolean[] halved, boolean isYcc, byte[] jpeg) {
  private static final int APP0 = 0xe0;

  /** Found once, by the samples of a picture. */
  private static final class Runtime {
    private static final boolean REPEATS = repeats();

    private static boolean repeats() {
      ImageReader reader = ImageDecoder.reader(EncodedImage.Format.JPEG);
      try (var input = new ByteArrayImageInput(unconverted(oneByTwo().bytes()))) {
        reader.setInput(input);
        Raster samples = reader.readRaster(0, null);
        for (int y = 0; y + 1 < samples.getHeight(); y += 2) {
          if (!Arrays.equals(chrominance(samples, y), chrominance(samples, y + 1))) {
            return false;
          }
        }
        return true;
      } catch (IOException | Undecodable e) {
        return false;
      } finally {
        reader.dispose();
      }
    }

    private static int[] chrominance(Raster samples, int y) {
      return samples.getSamples(0, y, samples.getWidth(), 1, 1, (int[]) null);
    }
  }

  /** Returns a picture of our own whose chrominance has half of the rows. */
  static EncodedImage oneByTwo() throws IOException, Undecodable {
    try (InputStream file = HalvedRows.class.getResourceAsStream("one-by-two.jpg")) {
      return EncodedImage.of(file.readAllBytes());
    }
  }

  /** Returns whether this Java runtime repeats rows. */
  static boolean areRepeated() {
    return Runtime.REPEATS;
  }

  /** Returns what must be done to read an image; nothing if this runtime reads it rightly. */
  static Optional<HalvedRows> in(EncodedImage image) {
    if (image.format() != EncodedImage.Format.JPEG || !Runtime.REPEATS) {
      return Optional.empty();
    }
    byte[] bytes = image.bytes();
    boolean[] halved = halved(bytes);
    boolean any = false;
    for (boolean is : halved) {
      any |= is;
    }
    boolean isYcc = (bytes[3] & 0xff) == APP0 || bytes[17] == 2;
    return any ? Optional.of(new HalvedRows(halved, isYcc, unconverted(bytes))) : Optional.empty();
  }

  /** Returns which components of a rewritten file have half of the rows and all columns. */
  private static boolean[] halved(byte[] bytes) {
    int at = 2;
    while (!JpegHeader.isFrame(bytes[at + 1] & 0xff)) {
      at += 2 + (bytes[at + 2] & 0xff) * 256 + (bytes[at + 3] & 0xff);
    }
    int components = bytes[at + 9];
    int[] across = new int[components];
    int[] down = new int[components];
    for (int c = 0; c < components; c++) {
      across[c] = bytes[at + 11 + 3 * c] >> 4 & 0xf;
      down[c] = bytes[at + 11 + 3 * c] & 0xf;
    }
    int widest = Arrays.stream(across).max().orElse(0);
    int tallest = Arrays.stream(down).max().orElse(0);
    boolean[] halved = new boolean[components];
    for (int c = 0; c < components; c++) {
      halved[c] = across[c] == widest && 2 * down[c] == tallest;
    }
    return halved;
  }

  /** Returns a rewritten file of several components with the marker of colours as they are. */
  private static byte[] unconverted(byte[] bytes) {
    int rest = 4 + (bytes[5] & 0xff); // behind the marker of colours
    byte[] marker = JpegHeader.asTheyAre();
    byte[] out = new byte[2 + marker.length + bytes.length - rest];
    System.arraycopy(bytes, 0, out, 0, 2);
    System.arraycopy(marker, 0, out, 2, marker.length);
    System.arraycopy(bytes, rest, out, 2 + marker.length, bytes.length - rest);
    return out;
  }

  /** Reads the pixels of a box; the reader's input is {@link #jpeg}. */
  RgbImage read(ImageReader reader, Box box, int height) throws IOException {
    int top = Math.max(0, box.top() - 1);
    int bottom = Math.min(height, box.top() + box.height() + 1);
    ImageReadParam param = reader.getDefaultReadParam();
    param.setSourceRegion(new Rectangle(box.left(), top, box.width(), bottom - top));
    Raster samples = reader.readRaster(0, param);
    byte[] rgb = new byte[Math.multiplyExact(Math.multiplyExact(box.width(), box.height()), 3)];
    int[] row = new int[box.width() * halved.length];
    int[] other = new int[row.length];
    for (int y = 0; y < box.height(); y++) {
      int at = box.top() + y;
      int next = Math.max(0, Math.min(height - 1, at + (at % 2 == 0 ? -1 : 1)));
      samples.getPixels(0, at - top, box.width(), 1, row);
      samples.getPixels(0, next - top, box.width(), 1, other);
      interpolate(row, other, at % 2 == 0 ? 1 : 2);
      if (isYcc) {
        convert(row, halved.length);
      }
      if (halved.length == 4) {
        Arrays.setAll(row, x -> 255 - row[x]); // inks are stored inverted
      }
      RgbPixels.copy(row, halved.length, rgb, y * box.width() * 3);
    }
    return new RgbImage(box.width(), box.height(), rgb);
  }

  private void interpolate(int[] row, int[] other, int rounding) {
    for (int c = 0; c < halved.length; c++) {
      for (int i = c; i < row.length && halved[c]; i += halved.length) {
        row[i] = 3 * row[i] + other[i] + rounding >> 2;
      }
    }
  }

  /** Converts YCbCr to RGB and YCCK to CMYK, by JFIF's formula with 16 bits of fraction. */
  private static void convert(int[] row, int components) {
    int half = 1 << 15;
    for (int i = 0; i < row.length; i += components) {
      int luminance = row[i];
      int blue = row[i + 1] - 128;
      int red = row[i + 2] - 128;
      row[i] = colour(luminance + (91881 * red + half >> 16), components);
      row[i + 1] = colour(luminance + (half - 22554 * blue - 46802 * red >> 16), components);
      row[i + 2] = colour(luminance + (116130 * blue + half >> 16), components);
    }
  }

  private static int colour(int light, int components) {
    int clipped = Math.max(0, Math.min(255, light));
    return components == 4 ? 255 - clipped : clipped;
  }
}
