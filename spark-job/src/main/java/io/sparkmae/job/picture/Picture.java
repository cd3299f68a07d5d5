package io.sparkmae.job.picture;

import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.MaskSampling;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;

/**
 * A row for each image: original, masked, reconstruction, and reconstruction with the kept patches
 * pasted in.
 */
public final class Picture {

  private static final List<String> LABELS =
      List.of("original", "masked", "reconstruction", "+ visible patches");
  static final int GAP = PatchSheet.GAP;

  private Picture() {}

  /**
   * Writes the picture as PNG; small images are enlarged by a whole number so that a row is at
   * least 128 pixels high.
   *
   * @param images at least one, all of {@code config}'s geometry
   * @param name of the model, for the line below
   * @param out is not closed
   */
  public static void write(
      List<Reconstruction> images, MaeConfig config, String name, OutputStream out)
      throws IOException {
    Canvas.write(draw(images, config, name), out);
  }

  static BufferedImage draw(List<Reconstruction> images, MaeConfig config, String name) {
    String model = "%s, mask ratio %s%s".formatted(name, config.maskRatio(), sampling(config));
    return new PatchSheet(config, LABELS, footer(model, config))
        .draw(images.stream().map(Picture::row).toList());
  }

  private static List<byte[]> row(Reconstruction image) {
    return List.of(image.original(), image.masked(), image.predicted(), image.pasted());
  }

  /** Returns a word on masks that are not random. */
  static String sampling(MaeConfig config) {
    return config.maskSampling() == MaskSampling.RANDOM ? "" : ", " + config.maskSampling();
  }

  static List<String> footer(String model, MaeConfig config) {
    return config.normPixLoss()
        ? List.of(model, "un-normalised with the ground truth's mean and deviation")
        : List.of(model);
  }
}
