package io.sparkmae.data.storage;

import java.io.Serializable;

/**
 * A run of rows of a Parquet file that is read at once.
 *
 * @param offset of its first byte in the file
 * @param bytes size in memory, uncompressed
 * @param rows images in it
 */
public record RowGroup(long offset, long bytes, int rows) implements Serializable {}
