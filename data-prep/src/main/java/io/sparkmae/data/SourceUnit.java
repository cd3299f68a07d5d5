package io.sparkmae.data;

import java.io.Serializable;
import java.util.List;

/**
 * Files that one task reads; a plain class because it travels as an element of an RDD, and Kryo
 * refuses records.
 */
final class SourceUnit implements Serializable {
  private static final long serialVersionUID = 1L;

  private final String[] uris;
  private final String[] names;
  private final long[] lengths;
  private final int[] labels;

  /** Files and the label of each. */
  SourceUnit(List<SourceFile> files, int[] labels) {
    this.uris = files.stream().map(SourceFile::uri).toArray(String[]::new);
    this.names = files.stream().map(SourceFile::name).toArray(String[]::new);
    this.lengths = files.stream().mapToLong(SourceFile::length).toArray();
    this.labels = labels;
  }

  /** One file that says itself what its labels are. */
  static SourceUnit of(SourceFile file) {
    return new SourceUnit(List.of(file), new int[] {-1});
  }

  int size() {
    return uris.length;
  }

  SourceFile file(int i) {
    return new SourceFile(uris[i], names[i], lengths[i]);
  }

  int label(int i) {
    return labels[i];
  }
}
