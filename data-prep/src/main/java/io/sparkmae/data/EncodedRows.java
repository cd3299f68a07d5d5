package io.sparkmae.data;

/**
 * The encoded images of one row group; an image is null where the row carries none, a path where it
 * has no name.
 */
record EncodedRows(byte[][] images, String[] paths, int[] labels) {
  int size() {
    return images.length;
  }

  /** Memory the images take. */
  long bytes() {
    long bytes = 0;
    for (byte[] image : images) {
      bytes += image == null ? 0 : image.length;
    }
    return bytes;
  }
}
