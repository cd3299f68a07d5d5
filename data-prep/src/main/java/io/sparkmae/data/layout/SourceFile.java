package io.sparkmae.data.layout;

import java.util.Locale;

/**
 * A file of an input.
 *
 * @param uri location of the file
 * @param name path relative to its input, unique over all inputs
 * @param length in bytes; {@link #MISSING} for a link to nothing, or in a circle
 */
public record SourceFile(String uri, String name, long length) {

  static final long MISSING = -1;

  boolean isMissing() {
    return length == MISSING;
  }

  /** Returns the last part of the path. */
  String baseName() {
    return name.substring(name.lastIndexOf('/') + 1);
  }

  /** Returns the directories of the name, each followed by a slash; empty at the top. */
  String directory() {
    return name.substring(0, name.lastIndexOf('/') + 1);
  }

  /** Returns the part of the base name after its last dot, in lower case; empty without a dot. */
  String extension() {
    return extension(baseName());
  }

  static String extension(String baseName) {
    int dot = baseName.lastIndexOf('.');
    return dot < 0 ? "" : baseName.substring(dot + 1).toLowerCase(Locale.ROOT);
  }
}
