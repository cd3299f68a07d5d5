package io.sparkmae.data.layout;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;

/**
 * The files that one task reads, or a range of one. Not a record, since it is an element of an RDD
 * and Kryo cannot serialise records.
 */
public final class SourceUnit implements Serializable {
  private static final long serialVersionUID = 1L;

  /** The size of a range in bytes, which a task reads in some seconds. */
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

  /** Makes a unit of whole files, with the label of each. */
  SourceUnit(List<SourceFile> files, int[] labels) {
    this(files, labels, 0, Long.MAX_VALUE);
  }

  /** Returns a unit of one whole file, which contains its labels. */
  static SourceUnit of(SourceFile file) {
    return new SourceUnit(List.of(file), new int[] {-1});
  }

  /**
   * Returns the units of all files, cut into ranges of at most {@code bytes}; the last range of a
   * file has no end.
   */
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

  /** Returns the unit's images and rejects by {@code layout}; the caller closes the stream. */
  public Stream<Sample> read(Layout layout, Configuration conf) {
    return isMissing() ? Stream.of(Layout.missing(file(0))) : layout.read(this, conf);
  }

  /** Returns whether the unit is a single file that is only a link to nothing. */
  boolean isMissing() {
    return size() == 1 && file(0).isMissing();
  }

  int label(int i) {
    return labels[i];
  }

  /**
   * Returns the position where the range begins: records that begin at or after it belong to this
   * unit.
   */
  long start() {
    return start;
  }

  /** Returns the position where the next range begins. */
  long end() {
    return end;
  }

  /** Returns a name that is unique among all units. */
  public String name() {
    return names[0] + "@" + start;
  }
}
