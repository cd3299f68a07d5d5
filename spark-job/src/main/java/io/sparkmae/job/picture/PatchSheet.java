package io.sparkmae.job.picture;

import io.sparkmae.data.image.Patches;
import io.sparkmae.model.config.MaeConfig;
import java.awt.image.BufferedImage;
import java.util.List;

/**
 * Images of patches in rows, a label above each column, and lines of text below; small images are
 * enlarged by a whole number.
 */
final class PatchSheet {

  static final int GAP = 8;

  /** Stays white. */
  static final byte[] EMPTY = {};

  private static final int LOWEST_ROW = 128;
  private static final int WHITE = 0xffffff;
  private static final int INK = 0x202020;

  private final MaeConfig config;
  private final List<String> labels;
  private final List<String> footer;
  private final int scale;
  private final int cell;
  private final int lettering;

  PatchSheet(MaeConfig config, List<String> labels, List<String> footer) {
    this.config = config;
    this.labels = labels;
    this.footer = footer;
    this.scale = (LOWEST_ROW + config.imageSize() - 1) / config.imageSize();
    this.cell = config.imageSize() * scale;
    this.lettering = cell >= 200 ? 2 : 1; // the longest label must fit
  }

  /**
   * Draws the sheet.
   *
   * @param rows a list for each row of an image for each column, uint8 [tokens, patch · patch · 3]
   */
  BufferedImage draw(List<List<byte[]>> rows) {
    int height = top(rows.size()) + footer.size() * line();
    BufferedImage sheet =
        new BufferedImage(left(labels.size()), height, BufferedImage.TYPE_INT_RGB);
    Canvas.fill(sheet, 0, 0, sheet.getWidth(), height, WHITE);
    for (int column = 0; column < labels.size(); column++) {
      Lettering.draw(sheet, labels.get(column), left(column), GAP, lettering, INK);
    }
    for (int row = 0; row < rows.size(); row++) {
      drawRow(sheet, rows.get(row), top(row));
    }
    drawFooter(sheet, top(rows.size()));
    return sheet;
  }

  private void drawFooter(BufferedImage sheet, int y) {
    for (int i = 0; i < footer.size(); i++) {
      Lettering.draw(sheet, footer.get(i), GAP, y + i * line(), lettering, INK);
    }
  }

  private void drawRow(BufferedImage sheet, List<byte[]> cells, int y) {
    for (int column = 0; column < cells.size(); column++) {
      if (cells.get(column).length > 0) {
        byte[] rgb = Patches.unpatchify(cells.get(column), config.imageSize(), config.patchSize());
        Canvas.draw(sheet, rgb, config.imageSize(), left(column), y, scale);
      }
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
