package io.sparkmae.data.layout;

import io.sparkmae.data.image.BadData;
import io.sparkmae.data.image.RejectReason;
import io.sparkmae.data.storage.ColumnNames;
import java.io.Serializable;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;

/**
 * A storage layout of an image data set. A new one needs a case here and an entry in {@link
 * LayoutChoice}.
 */
public sealed interface Layout extends Serializable
    permits FolderLayout,
        ImageNetTarLayout,
        WebDatasetLayout,
        TfRecordLayout,
        SequenceFileLayout,
        ParquetLayout {
  /**
   * Suffixes of image files. Formats that cannot be decoded are included, so that such files are
   * reported as rejects.
   */
  Set<String> IMAGE_EXTENSIONS =
      Set.of(
          "jpg", "jpeg", "jpe", "jfif", "png", "webp", "gif", "bmp", "tif", "tiff", "avif", "heic",
          "heif", "jp2", "jxl", "svg");

  /** {@link #IMAGE_EXTENSIONS} and NumPy's arrays, which are images of any channels. */
  Set<String> WITH_ARRAYS =
      Stream.concat(IMAGE_EXTENSIONS.stream(), Stream.of("npy")).collect(Collectors.toSet());

  /** Larger files are rejected unread: an image must fit Kryo's buffer of 64 MiB. */
  long MAX_BYTES = 48L << 20;

  /** Returns the name on the command line. */
  String name();

  /** Returns whether a file belongs to this layout by its name. */
  boolean accepts(SourceFile file);

  /**
   * Returns whether a file belongs to this layout by its first bytes; for files whose name does not
   * tell.
   */
  default boolean recognises(byte[] head) {
    return false;
  }

  /**
   * Returns this layout with the knowledge of all inputs that it needs to read one of them.
   *
   * @throws BadData if that is missing or malformed
   */
  default Layout knowing(Inputs inputs, Configuration conf) {
    return this;
  }

  /** Returns the work in pieces that can be read in parallel; the cuts do not affect the result. */
  default List<SourceUnit> units(Inputs inputs) {
    return SourceUnit.ranges(inputs.files(), SourceUnit.BYTES);
  }

  /**
   * Returns the labels of a piece's first {@code most} samples that are words; none where labels
   * are numbers or directories.
   */
  default Set<String> words(SourceUnit unit, int most, Configuration conf) {
    return Set.of();
  }

  /**
   * Returns this layout with {@code classes} as the words that labels may be, numbered in order.
   */
  default Layout withClasses(List<String> classes) {
    return this;
  }

  /**
   * Returns this layout with the columns that the user names.
   *
   * @throws IllegalArgumentException if it has no columns
   */
  default Layout withColumns(ColumnNames columns) {
    if (!columns.equals(ColumnNames.FOUND)) {
      throw new IllegalArgumentException(
          "Invalid --image-column or --label-column: the input is %s (only parquet has columns)"
              .formatted(name()));
    }
    return this;
  }

  /** Returns the class names by label; empty when unknown. */
  List<String> classes(Inputs inputs, Configuration conf);

  /**
   * Returns the images and rejects of one piece, in order; the caller closes the stream.
   *
   * @throws BadData if a file does not exist
   */
  Stream<Sample> read(SourceUnit unit, Configuration conf);

  /** Returns the reject for an encoded image that is larger than {@link #MAX_BYTES}. */
  static Sample tooLarge(String key, long bytes) {
    return Sample.reject(key, RejectReason.TOO_LARGE, bytes + " bytes, more than " + MAX_BYTES);
  }

  /** Returns the reject for a file that is only a link to nothing, or in a circle. */
  static Sample missing(SourceFile file) {
    return Sample.reject(
        file.name(), RejectReason.MISSING, "it is a link to nothing, or in a circle");
  }

  /** Returns the reject for a damaged part of a shard; its number of lost images is unknown. */
  static Sample damaged(SourceFile shard, long position, String detail) {
    return Sample.reject(
        shard.name() + "@" + position,
        RejectReason.DAMAGED,
        "%s, byte %d: %s".formatted(shard.uri(), position, detail));
  }
}
