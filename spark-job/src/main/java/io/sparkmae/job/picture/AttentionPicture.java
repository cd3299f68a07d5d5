package io.sparkmae.job.picture;

import io.sparkmae.model.config.MaeConfig;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A row for each image: the image, the mean attention of all heads as colours and as the image's
 * brightness, and each head's if wanted. Each map reaches from 0 to the largest share of a patch.
 */
public final class AttentionPicture {

  // dark to light, so that it can be read in grey too
  private static final int[] COLOURS = {0x000004, 0x57106e, 0xbc3754, 0xf98e09, 0xfcffa4};
  private static final double DARKEST = 0.15;

  private AttentionPicture() {}

  /**
   * One image. The arrays are not copied; do not modify them.
   *
   * @param original uint8 [tokens, patch · patch · 3]
   * @param heads [heads][tokens + 1], the class token's own share first
   */
  public record Row(byte[] original, double[][] heads) {

    /** Returns the mean over the heads of what each patch gets, [tokens]. */
    double[] mean() {
      double[] mean = new double[heads[0].length - 1];
      for (double[] head : heads) {
        for (int i = 0; i < mean.length; i++) {
          mean[i] += head[i + 1] / heads.length;
        }
      }
      return mean;
    }
  }

  /**
   * Writes the picture as PNG.
   *
   * @param rows at least one, of images of {@code config}'s geometry
   * @param name of the model, for the line below
   * @param eachHead whether every head has a column too
   * @param out is not closed
   */
  public static void write(
      List<Row> rows, MaeConfig config, String name, boolean eachHead, OutputStream out)
      throws IOException {
    Canvas.write(draw(rows, config, name, eachHead), out);
  }

  static BufferedImage draw(List<Row> rows, MaeConfig config, String name, boolean eachHead) {
    List<String> labels = new ArrayList<>(List.of("original", "mean of heads", "on the image"));
    for (int head = 1; eachHead && head <= config.encoder().numHeads(); head++) {
      labels.add("head " + head);
    }
    List<String> footer =
        List.of(name, "attention of the class token in the last block; light: much");
    return new PatchSheet(config, labels, footer)
        .draw(rows.stream().map(row -> cells(row, eachHead)).toList());
  }

  private static List<byte[]> cells(Row row, boolean eachHead) {
    int patchLength = row.original().length / (row.heads()[0].length - 1);
    double[] mean = relative(row.mean());
    List<byte[]> cells =
        new ArrayList<>(
            List.of(row.original(), colours(mean, patchLength), dimmed(row.original(), mean)));
    for (int head = 0; eachHead && head < row.heads().length; head++) {
      double[] patches = Arrays.copyOfRange(row.heads()[head], 1, row.heads()[head].length);
      cells.add(colours(relative(patches), patchLength));
    }
    return cells;
  }

  private static double[] relative(double[] shares) {
    double largest = Arrays.stream(shares).max().orElseThrow();
    return Arrays.stream(shares).map(share -> largest > 0 ? share / largest : 0).toArray();
  }

  private static byte[] colours(double[] map, int patchLength) {
    byte[] patches = new byte[map.length * patchLength];
    for (int i = 0; i < patches.length; i++) {
      patches[i] = (byte) (colour(map[i / patchLength]) >> 8 * (2 - i % 3));
    }
    return patches;
  }

  /** Returns the colour 0xRRGGBB of a level in [0, 1]. */
  static int colour(double level) {
    double place = level * (COLOURS.length - 1);
    int below = Math.min((int) place, COLOURS.length - 2);
    int rgb = 0;
    for (int shift = 16; shift >= 0; shift -= 8) {
      int low = COLOURS[below] >> shift & 0xff;
      int high = COLOURS[below + 1] >> shift & 0xff;
      rgb |= (int) Math.round(low + (high - low) * (place - below)) << shift;
    }
    return rgb;
  }

  private static byte[] dimmed(byte[] original, double[] map) {
    byte[] patches = new byte[original.length];
    for (int i = 0; i < patches.length; i++) {
      double light = DARKEST + (1 - DARKEST) * map[i / (original.length / map.length)];
      patches[i] = (byte) Math.round((original[i] & 0xff) * light);
    }
    return patches;
  }
}
