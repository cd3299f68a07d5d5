package io.sparkmae.data.layout;

import java.util.Locale;

/**
 * A file of an input.
 *
 * @param uri where to read it
 * @param name path relative to its input, unique over all inputs
 * @param length in bytes
 */
public record SourceFile(String uri, String name, long length) {
  /** The last part of the path. */
  String baseName() {
    return name.substring(name.lastIndexOf('/') + 1);
  }

  /** The directories of the name, with a slash behind each; empty at the top. */
  String directory() {
    return name.substring(0, name.lastIndexOf('/') + 1);
  }

  /** What follows the last dot of the base name, in lower case; empty without a dot. */
  String extension() {
    return extension(baseName());
  }

  static String extension(String baseName) {
    int dot = baseName.lastIndexOf('.');
    return dot < 0 ? "" : baseName.substring(dot + 1).toLowerCase(Locale.ROOT);
  }
}
