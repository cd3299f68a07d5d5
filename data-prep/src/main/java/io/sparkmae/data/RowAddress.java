package io.sparkmae.data;

import java.io.Serializable;

/**
 * The position of a sample in prepared data.
 *
 * @param file position in the manifest's list of files
 * @param rowGroup position in that file's list of row groups
 * @param row row within the row group, from 0
 */
public record RowAddress(int file, int rowGroup, int row) implements Serializable {}
