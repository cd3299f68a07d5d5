package io.sparkmae.data.storage;

import java.util.List;

/**
 * The encoded images of one row group.
 *
 * @param images in order of row; one a row, or all of a row's list
 * @param fault why not all rows could be read; empty if they could
 * @param whole how many rows could be read, from the first on
 */
public record EncodedRows(List<EncodedRow> images, String fault, int whole) {

  /** Returns the memory of the images in bytes. */
  public long bytes() {
    return images.stream().mapToLong(row -> row.image() == null ? 0 : row.image().length).sum();
  }
}
