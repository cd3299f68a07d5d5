package io.sparkmae.data.storage;

/**
 * The encoded images of one row group; an image is null where the row carries none, a path where it
 * has no name.
 *
 * @param fault why not all rows could be read; empty if they could
 * @param whole how many rows could be read, from the first on
 */
public record EncodedRows(byte[][] images, String[] paths, int[] labels, String fault, int whole) {
  int size() {
    return images.length;
  }

  /** Returns the memory of the images in bytes. */
  public long bytes() {
    long bytes = 0;
    for (byte[] image : images) {
      bytes += image == null ? 0 : image.length;
    }
    return bytes;
  }
}
