package io.sparkmae.job.picture;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.OutputStream;
import javax.imageio.ImageIO;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** Draws rectangles and rasters on an image, clipped to it, and writes it; pixels are 0xRRGGBB. */
final class Canvas {

  private Canvas() {}

  /** Writes the image as PNG; {@code out} stays open. */
  static void write(BufferedImage image, OutputStream out) throws IOException {
    // ImageIO's own stream would make a temporary file
    try (var stream = new MemoryCacheImageOutputStream(out)) {
      ImageIO.write(image, "png", stream);
    }
  }

  static void fill(BufferedImage image, int x, int y, int width, int height, int rgb) {
    for (int row = Math.max(0, y); row < Math.min(image.getHeight(), y + height); row++) {
      for (int column = Math.max(0, x); column < Math.min(image.getWidth(), x + width); column++) {
        image.setRGB(column, row, rgb);
      }
    }
  }

  /**
   * Draws a square raster, enlarged {@code scale} times.
   *
   * @param rgb [size, size, 3]
   */
  static void draw(BufferedImage image, byte[] rgb, int size, int x, int y, int scale) {
    for (int pixel = 0; pixel < size * size; pixel++) {
      int colour =
          (rgb[3 * pixel] & 0xff) << 16
              | (rgb[3 * pixel + 1] & 0xff) << 8
              | rgb[3 * pixel + 2] & 0xff;
      fill(image, x + pixel % size * scale, y + pixel / size * scale, scale, scale, colour);
    }
  }
}
