package io.sparkmae.data;

import java.io.Serializable;
import java.util.List;

/**
 * What to prepare, from where to where.
 *
 * @param inputs files or directories on any Hadoop file system; directories are searched
 *     recursively
 * @param output directory of the prepared data; must be empty, new, or the place of the same run
 *     before
 * @param layout auto, folder, webdataset or parquet
 * @param shortSide shrink images to this short side, in pixels, never enlarging; 0 keeps the
 *     original bytes
 * @param quality JPEG quality of shrunk images, 1 to 100
 * @param seed of the global shuffle
 */
public record PrepareSettings(
    List<String> inputs, String output, String layout, int shortSide, int quality, long seed)
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
  }
}
