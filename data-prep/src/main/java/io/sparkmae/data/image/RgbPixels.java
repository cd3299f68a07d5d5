package io.sparkmae.data.image;

import java.awt.Transparency;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.DataBufferByte;
import java.awt.image.IndexColorModel;
import java.awt.image.PixelInterleavedSampleModel;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;

/**
 * Converts the stored samples of a decoded image to red, green and blue bytes; {@code getRGB} would
 * apply gamma and profiles.
 */
final class RgbPixels {
  private RgbPixels() {}

  private static final ComponentColorModel RGB =
      new ComponentColorModel(
          ColorSpace.getInstance(ColorSpace.CS_sRGB),
          false,
          false,
          Transparency.OPAQUE,
          DataBuffer.TYPE_BYTE);

  /** Returns an image to decode into, which shares the memory of {@code target}. */
  static BufferedImage view(RgbImage target) {
    int width = target.width();
    WritableRaster raster =
        Raster.createInterleavedRaster(
            new DataBufferByte(target.rgb(), target.length()),
            width,
            target.height(),
            width * 3,
            3,
            new int[] {0, 1, 2},
            null);
    return new BufferedImage(RGB, raster, false, null);
  }

  static RgbImage of(BufferedImage image, EncodedImage.Format format) {
    Raster raster = image.getRaster();
    int width = raster.getWidth();
    int height = raster.getHeight();
    byte[] rgb = new byte[Math.multiplyExact(Math.multiplyExact(width, height), 3)];
    if (image.getColorModel() instanceof IndexColorModel palette) {
      copyPalette(raster, palette, rgb);
    } else if (format == EncodedImage.Format.JPEG && raster.getNumBands() == 4) {
      copyCmyk(raster, rgb);
    } else if (raster.getSampleModel() instanceof PixelInterleavedSampleModel layout
        && raster.getDataBuffer() instanceof DataBufferByte) {
      copyBytes(raster, layout, rgb);
    } else {
      copySamples(raster, rgb);
    }
    if (image.isAlphaPremultiplied()) {
      divideByAlpha(raster, rgb);
    }
    return new RgbImage(width, height, rgb);
  }

  private static void copyBytes(Raster raster, PixelInterleavedSampleModel layout, byte[] rgb) {
    byte[] data = ((DataBufferByte) raster.getDataBuffer()).getData();
    int[] band = layout.getBandOffsets();
    int colours = band.length >= 3 ? 1 : 0;
    int red = band[0];
    int green = band[colours];
    int blue = band[2 * colours];
    int step = layout.getPixelStride();
    int width = raster.getWidth() * 3;
    for (int y = 0, to = 0; y < raster.getHeight(); y++) {
      int from = y * layout.getScanlineStride();
      for (int end = to + width; to < end; to += 3, from += step) {
        rgb[to] = data[from + red];
        rgb[to + 1] = data[from + green];
        rgb[to + 2] = data[from + blue];
      }
    }
  }

  /** Undoes the multiplication of colours by the alpha in band 3, as Pillow rounds it. */
  private static void divideByAlpha(Raster raster, byte[] rgb) {
    int[] alpha = new int[raster.getWidth()];
    for (int y = 0, i = 0; y < raster.getHeight(); y++) {
      raster.getSamples(0, y, alpha.length, 1, 3, alpha);
      for (int a : alpha) {
        for (int end = i + 3; i < end; i++) {
          rgb[i] = a == 0 ? 0 : (byte) Math.min(255, (rgb[i] & 0xff) * 255 / a);
        }
      }
    }
  }

  /** Converts CMYK. The JDK gives ink values, already converted from YCCK and not inverted. */
  private static void copyCmyk(Raster raster, byte[] rgb) {
    int[] row = new int[raster.getWidth() * 4];
    for (int y = 0; y < raster.getHeight(); y++) {
      raster.getPixels(0, y, raster.getWidth(), 1, row);
      copy(row, 4, rgb, y * raster.getWidth() * 3);
    }
  }

  /** Copies a row of RGB, or of inks as CMYK, to red, green and blue bytes from {@code to} on. */
  static void copy(int[] row, int components, byte[] rgb, int to) {
    for (int x = 0; x < row.length; x += components) {
      int white = components == 4 ? 255 - row[x + 3] : 255;
      for (int c = 0; c < 3; c++) {
        int value = row[x + c];
        rgb[to++] = (byte) (components == 4 ? white - product(value, white) : value);
      }
    }
  }

  /** Returns a * b / 255, rounded as in Pillow. */
  private static int product(int a, int b) {
    int sum = a * b + 128;
    return ((sum >> 8) + sum) >> 8;
  }

  private static void copyPalette(Raster raster, IndexColorModel palette, byte[] rgb) {
    int[] row = new int[raster.getWidth()];
    for (int y = 0, to = 0; y < raster.getHeight(); y++) {
      raster.getSamples(0, y, row.length, 1, 0, row);
      for (int index : row) {
        rgb[to++] = (byte) palette.getRed(index);
        rgb[to++] = (byte) palette.getGreen(index);
        rgb[to++] = (byte) palette.getBlue(index);
      }
    }
  }

  private static void copySamples(Raster raster, byte[] rgb) {
    int bands = raster.getNumBands();
    int colours = bands >= 3 ? 1 : 0;
    int[] bits = raster.getSampleModel().getSampleSize();
    int[] row = new int[raster.getWidth() * bands];
    for (int y = 0, to = 0; y < raster.getHeight(); y++) {
      raster.getPixels(0, y, raster.getWidth(), 1, row);
      for (int x = 0; x < row.length; x += bands) {
        for (int c = 0; c < 3; c++) {
          rgb[to++] = toByte(row[x + c * colours], bits[c * colours]);
        }
      }
    }
  }

  /** Returns the upper 8 bits; fewer are scaled, rounded down as in Pillow. */
  private static byte toByte(int sample, int bits) {
    return (byte) (bits >= 8 ? sample >> bits - 8 : sample * 255 / ((1 << bits) - 1));
  }
}
