package io.sparkmae.data.layout;

import io.sparkmae.data.image.BadData;
import io.sparkmae.data.image.RejectReason;
import java.io.Serializable;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;

/**
 * A way in which people keep images; a new one is a case here and a name in {@link LayoutChoice}.
 */
public sealed interface Layout extends Serializable
    permits FolderLayout,
        ImageNetTarLayout,
        WebDatasetLayout,
        TfRecordLayout,
        SequenceFileLayout,
        ParquetLayout {
  /** Suffixes of image files; those that cannot be decoded are here to be refused aloud. */
  Set<String> IMAGE_EXTENSIONS =
      Set.of("jpg", "jpeg", "png", "webp", "gif", "bmp", "tif", "tiff", "avif", "heic");

  /** Larger files are refused unread: an image must pass through Kryo's buffer of 64 MiB. */
  long MAX_BYTES = 48L << 20;

  /** The name on the command line. */
  String name();

  /** Whether a file is one of this layout's, by its name. */
  boolean accepts(SourceFile file);

  /** Whether a file is one of this layout's, by its first bytes; for files whose name is silent. */
  default boolean recognises(byte[] head) {
    return false;
  }

  /**
   * This layout with what it must know of all inputs to read one of them.
   *
   * @throws BadData if that is not there, or not as it must be
   */
  default Layout knowing(Inputs inputs, Configuration conf) {
    return this;
  }

  /**
   * The work, in pieces that can be read in parallel; how it is cut has no effect on the result.
   */
  default List<SourceUnit> units(Inputs inputs) {
    return SourceUnit.ranges(inputs.files(), SourceUnit.BYTES);
  }

  /** Class names by label; empty when unknown. */
  List<String> classes(Inputs inputs, Configuration conf);

  /**
   * The images and rejects of one piece, in order; the caller closes the stream.
   *
   * @throws BadData if a file is not there
   */
  Stream<Sample> read(SourceUnit unit, Configuration conf);

  /** An encoded image is too large to be worth reading. */
  static Sample tooLarge(String key, long bytes) {
    return Sample.reject(key, RejectReason.TOO_LARGE, bytes + " bytes, more than " + MAX_BYTES);
  }

  /** Images that lay here are lost; how many there were cannot be known. */
  static Sample damaged(SourceFile shard, long position, String detail) {
    return Sample.reject(
        shard.name() + "@" + position,
        RejectReason.DAMAGED,
        "%s, byte %d: %s".formatted(shard.uri(), position, detail));
  }
}
