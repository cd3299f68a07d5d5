package io.sparkmae.data.layout;

import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** The rules by which a file is no input; what they skip is counted, and is no reject. */
public enum SkipRule {
  /** A part of the path begins with a dot, such as a Mac's {@code ._x} or {@code .DS_Store}. */
  HIDDEN,
  /** Spark's, Hadoop's or this job's own mark, such as {@code _SUCCESS} or {@code _temporary}. */
  MARKER,
  /** What systems leave beside photographs, such as {@code Thumbs.db} or {@code __MACOSX}. */
  JUNK,
  /** A file of no layout, or of another layout than the one that is read. */
  OTHER,
  /**
   * A member of a tar that one of the first three rules skips, or WebDataset's own {@code __x__};
   * it ends no sample.
   */
  MEMBERS,
  /** An image of the other part of a split. */
  SPLIT;

  private static final Pattern MARKERS =
      Pattern.compile(
          "_(SUCCESS|temporary|metadata|common_metadata|spark_metadata|delta_log|committed_.*"
              + "|started_.*|preparing|attempts)");
  private static final Set<String> JUNK_NAMES =
      Set.of("__MACOSX", "Thumbs.db", "desktop.ini", "@eaDir");

  /**
   * Returns the rule that skips a file by its path relative to the input or tar; empty if none
   * does.
   */
  static Optional<SkipRule> of(String name) {
    return Arrays.stream(name.split("/")).flatMap(part -> ofPart(part).stream()).findFirst();
  }

  private static Optional<SkipRule> ofPart(String part) {
    if (part.startsWith(".") && !part.equals(".") && !part.equals("..")) {
      return Optional.of(HIDDEN);
    }
    if (MARKERS.matcher(part).matches()) {
      return Optional.of(MARKER);
    }
    return JUNK_NAMES.contains(part) ? Optional.of(JUNK) : Optional.empty();
  }
}
