package io.sparkmae.job.picture;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;

/**
 * A confusion matrix as colours: a row for each true class, a column for each predicted one, with
 * the classes' names, and with percents where there is room.
 */
public final class ConfusionPicture {

  private static final int GAP = 8;
  private static final int WHITE = 0xffffff;
  private static final int INK = 0x202020;
  private static final int LONGEST_NAME = 24;
  private static final int FEW = 25;
  private static final String TITLE = "percent of a class (row) taken for another (column)";

  private final List<String> names;
  private final double[][] shares;
  private final int cell;
  private final int size; // of the letters
  private final int margin;
  private final int top;

  private ConfusionPicture(List<String> names, double[][] shares) {
    this.names = names.stream().map(ConfusionPicture::shortened).toList();
    this.shares = shares;
    this.size = shares.length <= FEW ? 2 : 1;
    this.cell = shares.length <= FEW ? 40 : 12; // percents need 36
    int longest = this.names.stream().mapToInt(String::length).max().orElse(0);
    this.margin = longest * Lettering.ADVANCE * size + 2 * GAP;
    this.top = Lettering.HEIGHT + GAP + margin;
  }

  private static String shortened(String name) {
    return name.length() <= LONGEST_NAME ? name : name.substring(0, LONGEST_NAME - 2) + "..";
  }

  /**
   * Writes the picture as PNG.
   *
   * @param names of the classes
   * @param shares [true][predicted], in [0, 1]
   * @param below the matrix, a line of text
   * @param out is not closed
   */
  public static void write(List<String> names, double[][] shares, String below, OutputStream out)
      throws IOException {
    Canvas.write(new ConfusionPicture(names, shares).draw(below), out);
  }

  static BufferedImage draw(List<String> names, double[][] shares, String below) {
    return new ConfusionPicture(names, shares).draw(below);
  }

  private BufferedImage draw(String below) {
    int side = shares.length * cell;
    int text = Math.max(Lettering.width(TITLE, 1), Lettering.width(below, 1));
    int width = Math.max(margin + side, GAP + text) + GAP;
    int height = top + side + Lettering.HEIGHT + 2 * GAP;
    BufferedImage picture = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Canvas.fill(picture, 0, 0, width, height, WHITE);
    Lettering.draw(picture, TITLE, GAP, GAP, 1, INK);
    int centred = (cell - Lettering.HEIGHT * size) / 2;
    for (int i = 0; i < shares.length; i++) {
      int right = margin - GAP - Lettering.width(names.get(i), size);
      Lettering.draw(picture, names.get(i), right, top + i * cell + centred, size, INK);
      Lettering.drawUpward(
          picture, names.get(i), margin + i * cell + centred, top - GAP, size, INK);
      drawRow(picture, i);
    }
    Lettering.draw(picture, below, GAP, top + side + GAP, 1, INK);
    return picture;
  }

  private void drawRow(BufferedImage picture, int row) {
    int y = top + row * cell;
    for (int column = 0; column < shares.length; column++) {
      int x = margin + column * cell;
      double share = shares[row][column];
      Canvas.fill(picture, x, y, cell - 1, cell - 1, colour(share));
      String percent = String.valueOf(Math.round(100 * share));
      if (size == 2 && share > 0) {
        int left = x + (cell - Lettering.width(percent, size)) / 2;
        int down = y + (cell - Lettering.HEIGHT * size) / 2;
        Lettering.draw(picture, percent, left, down, size, share > 0.5 ? WHITE : INK);
      }
    }
  }

  /** Returns light grey for 0 to dark blue for 1; the root makes small shares visible. */
  static int colour(double share) {
    double depth = Math.sqrt(share);
    int red = (int) Math.round(0xf2 + (0x08 - 0xf2) * depth);
    int green = (int) Math.round(0xf2 + (0x30 - 0xf2) * depth);
    int blue = (int) Math.round(0xf2 + (0x6b - 0xf2) * depth);
    return red << 16 | green << 8 | blue;
  }
}
