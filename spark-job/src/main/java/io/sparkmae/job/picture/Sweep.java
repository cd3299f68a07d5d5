package io.sparkmae.job.picture;

import io.sparkmae.model.config.MaeConfig;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Reconstructions of the same images at several mask ratios. Each image has two rows, of masked
 * images and of reconstructions with the kept patches pasted in, and a column for each ratio.
 */
public final class Sweep {

  private Sweep() {}

  /**
   * One column.
   *
   * @param images in the same order in every column
   */
  public record Column(double maskRatio, List<Reconstruction> images) {

    String label() {
      return String.format(Locale.ROOT, "mask %s, %.1f dB", maskRatio, Reconstruction.psnr(images));
    }
  }

  /**
   * Writes the picture as PNG.
   *
   * @param columns at least one, of images of {@code config}'s geometry
   * @param name of the model, for the line below
   * @param out is not closed
   */
  public static void write(List<Column> columns, MaeConfig config, String name, OutputStream out)
      throws IOException {
    Canvas.write(draw(columns, config, name), out);
  }

  static BufferedImage draw(List<Column> columns, MaeConfig config, String name) {
    List<String> labels = new ArrayList<>(List.of("original"));
    columns.forEach(column -> labels.add(column.label()));
    List<List<byte[]>> rows = new ArrayList<>();
    for (int i = 0; i < columns.get(0).images().size(); i++) {
      List<byte[]> masked = new ArrayList<>(List.of(columns.get(0).images().get(i).original()));
      List<byte[]> pasted = new ArrayList<>(List.of(PatchSheet.EMPTY));
      for (Column column : columns) {
        masked.add(column.images().get(i).masked());
        pasted.add(column.images().get(i).pasted());
      }
      rows.add(masked);
      rows.add(pasted);
    }
    String model = name + Picture.sampling(config);
    return new PatchSheet(config, labels, Picture.footer(model, config)).draw(rows);
  }
}
