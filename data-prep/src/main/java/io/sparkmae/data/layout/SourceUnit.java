package io.sparkmae.data.layout;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;

/**
 * Files that one task reads, or a range of one; a plain class because it travels as an element of
 * an RDD, and Kryo refuses records.
 */
public final class SourceUnit implements Serializable {
  private static final long serialVersionUID = 1L;

  /** About what a task reads in some seconds. */
  static final long BYTES = 64L << 20;

  private final String[] uris;
  private final String[] names;
  private final long[] lengths;
  private final int[] labels;
  private final long start;
  private final long end;

  private SourceUnit(List<SourceFile> files, int[] labels, long start, long end) {
    this.uris = files.stream().map(SourceFile::uri).toArray(String[]::new);
    this.names = files.stream().map(SourceFile::name).toArray(String[]::new);
    this.lengths = files.stream().mapToLong(SourceFile::length).toArray();
    this.labels = labels;
    this.start = start;
    this.end = end;
  }

  /** Whole files and the label of each. */
  SourceUnit(List<SourceFile> files, int[] labels) {
    this(files, labels, 0, Long.MAX_VALUE);
  }

  /** One whole file that says itself what its labels are. */
  static SourceUnit of(SourceFile file) {
    return new SourceUnit(List.of(file), new int[] {-1});
  }

  /** Every file in ranges of at most {@code bytes}; the last of a file has no end. */
  static List<SourceUnit> ranges(List<SourceFile> files, long bytes) {
    var units = new ArrayList<SourceUnit>();
    for (SourceFile file : files) {
      long start = 0;
      for (; start + bytes < file.length(); start += bytes) {
        units.add(new SourceUnit(List.of(file), new int[] {-1}, start, start + bytes));
      }
      units.add(new SourceUnit(List.of(file), new int[] {-1}, start, Long.MAX_VALUE));
    }
    return units;
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

  /** Where in the file the range begins: what begins at it or behind it is this unit's. */
  long start() {
    return start;
  }

  /** Where the next range begins. */
  long end() {
    return end;
  }

  /** Names it among all units. */
  public String name() {
    return names[0] + "@" + start;
  }
}
