package io.sparkmae.data.storage;

/**
 * An encoded image of a Parquet file.
 *
 * @param row its row within the row group
 * @param index its place in the row's list of images; -1 where a row has one image
 * @param image null where the row carries none
 * @param path null where it has no name
 * @param label class number from 0; -1 where there is none, or it is no class number
 * @param word a label that is text; null for others
 */
public record EncodedRow(int row, int index, byte[] image, String path, int label, String word) {}
