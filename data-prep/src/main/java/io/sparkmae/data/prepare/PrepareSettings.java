package io.sparkmae.data.prepare;

import io.sparkmae.data.KeyRange;
import io.sparkmae.data.Manifest;
import io.sparkmae.data.image.PixelFormat;
import io.sparkmae.data.storage.ColumnNames;
import java.io.Serializable;
import java.util.List;

/**
 * The settings of a preparation.
 *
 * @param inputs files, directories or patterns on any Hadoop file system; directories are searched
 *     recursively
 * @param output directory of the prepared data; must be empty, new, or the output of an earlier run
 *     with these settings
 * @param layout auto, or the name of one
 * @param shortSide shrink images to this short side, in pixels, never enlarging; 0 keeps the
 *     original bytes
 * @param quality JPEG quality of shrunk images, 1 to 100
 * @param seed of the global shuffle
 * @param leastRows a truncated image is kept if more than this share of its rows is present, in [0,
 *     1]; 1 keeps none
 * @param dropDuplicates whether to keep only the first by key of images with the same bytes
 * @param upright whether images are stored turned as their orientation says, at {@code quality};
 *     else that is ignored, as in the recipes of ImageNet
 * @param keys samples to prepare; others are ignored
 * @param columns of Parquet that hold images and labels
 * @param classes URI of the list of classes by which labels are numbered; null for the input's own
 * @param pixels what the images' pixels must be; RGB converts all images to it
 */
public record PrepareSettings(
    List<String> inputs,
    String output,
    String layout,
    int shortSide,
    int quality,
    long seed,
    double leastRows,
    boolean dropDuplicates,
    boolean upright,
    KeyRange keys,
    ColumnNames columns,
    String classes,
    PixelFormat pixels)
    implements Serializable {
  public PrepareSettings {
    inputs = List.copyOf(inputs);
    if (inputs.isEmpty()) {
      throw new IllegalArgumentException(
          "Invalid inputs: none (name at least one file or directory)");
    }
    if (shortSide < 0) {
      throw new IllegalArgumentException(
          "Invalid short side: %d (must be 0 to keep the bytes, or a number of pixels)"
              .formatted(shortSide));
    }
    if (quality < 1 || quality > 100) {
      throw new IllegalArgumentException(
          "Invalid quality: %d (must be 1 to 100)".formatted(quality));
    }
    if (!(leastRows >= 0 && leastRows <= 1)) {
      throw new IllegalArgumentException(
          "Invalid share of rows: %s (must be in [0, 1])".formatted(leastRows));
    }
    if (upright && !pixels.equals(PixelFormat.RGB)) {
      throw new IllegalArgumentException(
          "Invalid orientation: apply (must be ignore for %s: only RGB images are turned)"
              .formatted(pixels));
    }
  }

  /**
   * Makes settings for all samples, with duplicates, not turned, and with truncated images if more
   * than half of their rows is present.
   */
  public PrepareSettings(
      List<String> inputs, String output, String layout, int shortSide, int quality, long seed) {
    this(
        inputs,
        output,
        layout,
        shortSide,
        quality,
        seed,
        0.5,
        false,
        false,
        KeyRange.ALL,
        ColumnNames.FOUND,
        null,
        PixelFormat.RGB);
  }

  /** Returns these settings for images of other pixels. */
  public PrepareSettings of(PixelFormat other) {
    return with(output, keys, other);
  }

  /**
   * Returns these settings for the samples in {@code keys}, with {@code directory} inside the
   * output as output.
   */
  public PrepareSettings part(String directory, KeyRange keys) {
    return with(output + "/" + directory, keys, pixels);
  }

  private PrepareSettings with(String otherOutput, KeyRange otherKeys, PixelFormat otherPixels) {
    return new PrepareSettings(
        inputs,
        otherOutput,
        layout,
        shortSide,
        quality,
        seed,
        leastRows,
        dropDuplicates,
        upright,
        otherKeys,
        columns,
        classes,
        otherPixels);
  }

  /**
   * Returns the settings that affect the result and are not fields of {@link Manifest.Origin}, as
   * text.
   */
  String options() {
    String named = columns.equals(ColumnNames.FOUND) ? "" : ", " + columns;
    String turned = upright ? ", upright" : "";
    String others = pixels.equals(PixelFormat.RGB) ? "" : ", pixels " + pixels;
    return "least rows %s, drop duplicates %s, keys %s to %s"
            .formatted(leastRows, dropDuplicates, keys.from(), keys.to())
        + named
        + turned
        + others;
  }
}
