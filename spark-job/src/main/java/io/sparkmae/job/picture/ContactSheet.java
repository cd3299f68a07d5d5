package io.sparkmae.job.picture;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;

/** Squares in rows, each with a caption below. */
public final class ContactSheet {
  private static final int COLUMNS = 9; // a multiple of 3: an augmented image has three squares
  private static final int GAP = 6;
  private static final int LEAST = 96;
  private static final int WHITE = 0xffffff;
  private static final int INK = 0x202020;

  private ContactSheet() {}

  /**
   * One square.
   *
   * @param rgb [size, size, 3]
   */
  public record Cell(byte[] rgb, String caption) {}

  /**
   * Writes the squares as PNG, small ones enlarged by a whole number.
   *
   * @param cells at least one, all of {@code size}
   * @param out stays open
   */
  public static void write(List<Cell> cells, int size, OutputStream out) throws IOException {
    Canvas.write(draw(cells, size), out);
  }

  static BufferedImage draw(List<Cell> cells, int size) {
    int scale = (LEAST + size - 1) / size;
    int side = size * scale;
    int columns = Math.min(COLUMNS, cells.size());
    int rows = (cells.size() + columns - 1) / columns;
    int down = side + Lettering.HEIGHT + 2 * GAP;
    var sheet =
        new BufferedImage(
            GAP + columns * (side + GAP), GAP + rows * down, BufferedImage.TYPE_INT_RGB);
    Canvas.fill(sheet, 0, 0, sheet.getWidth(), sheet.getHeight(), WHITE);
    for (int i = 0; i < cells.size(); i++) {
      int x = GAP + i % columns * (side + GAP);
      int y = GAP + i / columns * down;
      Canvas.draw(sheet, cells.get(i).rgb(), size, x, y, scale);
      String caption = cells.get(i).caption();
      int room = Math.min(caption.length(), side / Lettering.ADVANCE);
      Lettering.draw(sheet, caption.substring(0, room), x, y + side + GAP / 2, 1, INK);
    }
    return sheet;
  }
}
