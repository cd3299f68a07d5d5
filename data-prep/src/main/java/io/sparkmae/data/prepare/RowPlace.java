package io.sparkmae.data.prepare;

import io.sparkmae.data.image.SampleSeed;
import io.sparkmae.data.layout.Sample;
import java.io.Serializable;
import java.util.Comparator;
import java.util.zip.CRC32C;
import org.apache.spark.Partitioner;

/**
 * The position of a sample in the global shuffle, by a hash of (seed, key): it depends neither on
 * the order nor on the partitioning of the input.
 *
 * <p>Not a record, since it goes through Spark's shuffle and Kryo cannot serialise records.
 */
final class RowPlace implements Comparable<RowPlace>, Serializable {
  private static final long serialVersionUID = 1L;
  private static final long SHUFFLE = -1; // no epoch has this number
  private static final Comparator<RowPlace> ORDER =
      ((Comparator<RowPlace>) (a, b) -> Long.compareUnsigned(a.hash, b.hash))
          .thenComparing(place -> place.key)
          .thenComparing(place -> place.content);

  private final long hash;
  private final String key;
  private final long content;

  private RowPlace(long hash, String key, long content) {
    this.hash = hash;
    this.key = key;
    this.content = content;
  }

  static RowPlace of(Sample sample, long seed) {
    var content = new CRC32C(); // orders samples that have one key
    if (sample.isImage()) {
      content.update(sample.bytes());
    }
    return new RowPlace(hash(sample.key(), seed), sample.key(), content.getValue());
  }

  /** Returns the part to which a sample of this key belongs. */
  static int part(String key, long seed, int parts) {
    return part(hash(key, seed), parts);
  }

  private static long hash(String key, long seed) {
    return SampleSeed.of(seed, SHUFFLE, key, 0);
  }

  private static int part(long hash, int parts) {
    return (int) (((hash >>> 32) * parts) >>> 32);
  }

  @Override
  public int compareTo(RowPlace other) {
    return ORDER.compare(this, other);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof RowPlace place && compareTo(place) == 0;
  }

  @Override
  public int hashCode() {
    return Long.hashCode(hash);
  }

  /**
   * Cuts the range of hashes into equal parts, so that the files in order of name are in order of
   * hash.
   */
  static final class Parts extends Partitioner {
    private static final long serialVersionUID = 1L;

    private final int parts;

    Parts(int parts) {
      this.parts = parts;
    }

    @Override
    public int numPartitions() {
      return parts;
    }

    @Override
    public int getPartition(Object place) {
      return part(((RowPlace) place).hash, parts);
    }
  }
}
