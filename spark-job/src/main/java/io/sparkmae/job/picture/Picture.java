package io.sparkmae.job.picture;

import io.sparkmae.data.image.Patches;
import io.sparkmae.model.config.MaeConfig;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import javax.imageio.ImageIO;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/**
 * A row for each image: original, masked, reconstruction, and reconstruction with the kept patches
 * pasted in.
 */
public final class Picture {

  private static final List<String> LABELS =
      List.of("original", "masked", "reconstruction", "+ visible patches");
  private static final int LOWEST_ROW = 128;
  private static final int WHITE = 0xffffff;
  private static final int INK = 0x202020;
  static final int GAP = 8;

  private final MaeConfig config;
  private final List<String> footer;
  private final int scale;
  private final int cell;
  private final int lettering;

  private Picture(MaeConfig config, List<String> footer) {
    this.config = config;
    this.footer = footer;
    this.scale = (LOWEST_ROW + config.imageSize() - 1) / config.imageSize();
    this.cell = config.imageSize() * scale;
    this.lettering = cell >= 200 ? 2 : 1; // the longest label must fit
  }

  /**
   * Writes the picture as PNG; small images are enlarged by a whole number so that a row is at
   * least {@value #LOWEST_ROW} pixels high.
   *
   * @param images at least one, all of {@code config}'s geometry
   * @param name of the model, for the line below
   * @param out is not closed
   */
  public static void write(
      List<Reconstruction> images, MaeConfig config, String name, OutputStream out)
      throws IOException {
    // ImageIO's own stream would make a temporary file
    try (var stream = new MemoryCacheImageOutputStream(out)) {
      ImageIO.write(draw(images, config, name), "png", stream);
    }
  }

  static BufferedImage draw(List<Reconstruction> images, MaeConfig config, String name) {
    return new Picture(config, footer(config, name)).draw(images);
  }

  private static List<String> footer(MaeConfig config, String name) {
    String model = "%s, mask ratio %s".formatted(name, config.maskRatio());
    return config.normPixLoss()
        ? List.of(model, "un-normalised with the ground truth's mean and deviation")
        : List.of(model);
  }

  private BufferedImage draw(List<Reconstruction> images) {
    int height = top(images.size()) + footer.size() * line();
    BufferedImage picture =
        new BufferedImage(left(LABELS.size()), height, BufferedImage.TYPE_INT_RGB);
    Canvas.fill(picture, 0, 0, picture.getWidth(), height, WHITE);
    for (int column = 0; column < LABELS.size(); column++) {
      Lettering.draw(picture, LABELS.get(column), left(column), GAP, lettering, INK);
    }
    for (int row = 0; row < images.size(); row++) {
      drawRow(picture, images.get(row), top(row));
    }
    for (int i = 0; i < footer.size(); i++) {
      Lettering.draw(picture, footer.get(i), GAP, top(images.size()) + i * line(), lettering, INK);
    }
    return picture;
  }

  private void drawRow(BufferedImage picture, Reconstruction image, int y) {
    List<byte[]> cells =
        List.of(image.original(), image.masked(), image.predicted(), image.pasted());
    for (int column = 0; column < cells.size(); column++) {
      byte[] rgb = Patches.unpatchify(cells.get(column), config.imageSize(), config.patchSize());
      Canvas.draw(picture, rgb, config.imageSize(), left(column), y, scale);
    }
  }

  private int left(int column) {
    return GAP + column * (cell + GAP);
  }

  private int top(int row) {
    return GAP + line() + row * (cell + GAP);
  }

  private int line() {
    return Lettering.HEIGHT * lettering + GAP;
  }
}
