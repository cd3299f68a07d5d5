package io.sparkmae.job.picture;

import io.sparkmae.data.image.Patches;
import io.sparkmae.model.config.MaeConfig;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.function.Function;

/** A column of small pictures, as PNG. */
public final class Strip {

  private static final int MOST_PIXELS = 128; // of a side
  private static final int GAP = 4;

  private Strip() {}

  /** Returns the images as they are. */
  public static byte[] originals(List<Reconstruction> images, MaeConfig config) throws IOException {
    return of(images, config, Reconstruction::original);
  }

  /** Returns what the model saw of the images. */
  public static byte[] masked(List<Reconstruction> images, MaeConfig config) throws IOException {
    return of(images, config, Reconstruction::masked);
  }

  /** Returns what the model made of the removed patches, with the kept ones. */
  public static byte[] completed(List<Reconstruction> images, MaeConfig config) throws IOException {
    return of(images, config, Reconstruction::pasted);
  }

  private static byte[] of(
      List<Reconstruction> images, MaeConfig config, Function<Reconstruction, byte[]> patches)
      throws IOException {
    return png(
        images.stream()
            .map(patches)
            .map(p -> Patches.unpatchify(p, config.imageSize(), config.patchSize()))
            .toList(),
        config.imageSize());
  }

  /**
   * Returns a column of squares; if they are larger than {@value #MOST_PIXELS} pixels, as means of
   * blocks of pixels.
   *
   * @param squares each [size, size, 3]
   */
  public static byte[] png(List<byte[]> squares, int size) throws IOException {
    int block = (size + MOST_PIXELS - 1) / MOST_PIXELS;
    int side = size / block;
    int height = squares.size() * (side + GAP) - GAP;
    BufferedImage strip = new BufferedImage(side, height, BufferedImage.TYPE_INT_ARGB);
    for (int i = 0; i < squares.size(); i++) {
      for (int pixel = 0; pixel < side * side; pixel++) {
        int x = pixel % side;
        int y = pixel / side;
        strip.setRGB(
            x, i * (side + GAP) + y, mean(squares.get(i), size, x * block, y * block, block));
      }
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Canvas.write(strip, out);
    return out.toByteArray();
  }

  private static int mean(byte[] rgb, int size, int left, int top, int block) {
    int colour = 0xff;
    for (int channel = 0; channel < 3; channel++) {
      int sum = 0;
      for (int i = 0; i < block * block; i++) {
        sum += rgb[3 * ((top + i / block) * size + left + i % block) + channel] & 0xff;
      }
      colour = colour << 8 | sum / (block * block);
    }
    return colour;
  }
}
