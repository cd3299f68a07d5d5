package io.sparkmae.data.prepare;

import io.sparkmae.data.Manifest;
import io.sparkmae.data.PreparedData;
import io.sparkmae.data.image.BadData;
import io.sparkmae.data.layout.Sample;
import io.sparkmae.data.storage.HadoopFiles;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * The classes of a preparation: the input's own, or those that the user gives, to which labels are
 * matched by name.
 *
 * @param names by label; empty when unknown
 * @param numbers label of each of the input's own classes; null to leave labels as they are
 * @param isGiven whether the user gave the names
 */
record ClassList(List<String> names, int[] numbers, boolean isGiven) implements Serializable {
  private static final long serialVersionUID = 1L;
  private static final int NAMED = 5; // classes in a message

  /** Returns the input's own classes as the list. */
  static ClassList own(List<String> names) {
    return new ClassList(names, null, false);
  }

  /**
   * Returns the list in {@code uri}: a text file with a class a line, a prepared data set or its
   * manifest.
   *
   * @param own the input's own classes by label; empty if labels are numbers of the list
   * @throws IllegalArgumentException if the input has a class that the list lacks
   * @throws BadData if there is no list of classes
   */
  static ClassList given(String uri, List<String> own, Configuration conf) {
    List<String> given = read(uri, conf);
    List<String> lacking = without(own, given);
    if (!lacking.isEmpty()) {
      throw new IllegalArgumentException(
          "Cannot use the classes of %s: the input has %d that are not among its %d, %s (add them there, or leave them out of the input)"
              .formatted(uri, lacking.size(), given.size(), some(lacking)));
    }
    List<String> missing = own.isEmpty() ? List.of() : without(given, own);
    if (!missing.isEmpty()) {
      System.err.printf(
          "prepare: %d of the %d classes of %s are not in the input: %s%n",
          missing.size(), given.size(), uri, some(missing));
    }
    int[] numbers = own.isEmpty() ? null : own.stream().mapToInt(given::indexOf).toArray();
    return new ClassList(given, numbers, true);
  }

  private static List<String> without(List<String> names, List<String> others) {
    var rest = new ArrayList<>(names);
    rest.removeAll(new HashSet<>(others));
    rest.remove(""); // the name of a number without one
    return rest;
  }

  private static String some(List<String> names) {
    String first = String.join(", ", names.subList(0, Math.min(NAMED, names.size())));
    return names.size() > NAMED ? first + ", …" : first;
  }

  private static List<String> read(String uri, Configuration conf) {
    List<String> names =
        isDirectory(uri, conf) ? PreparedData.open(uri, conf).classes() : file(uri, conf);
    requireDistinct(names, uri);
    if (names.isEmpty()) {
      throw new BadData(
          "Cannot read classes of %s: it has none (must be a text file with a class a line, or prepared data with classes)"
              .formatted(uri));
    }
    return names;
  }

  private static void requireDistinct(List<String> names, String uri) {
    Set<String> seen = new HashSet<>();
    for (String name : names) {
      if (!seen.add(name)) {
        throw new BadData("Cannot read classes of %s: %s is there twice".formatted(uri, name));
      }
    }
  }

  private static List<String> file(String uri, Configuration conf) {
    String text =
        HadoopFiles.read(new Path(uri), conf)
            .orElseThrow(
                () ->
                    new BadData(
                        "Cannot find classes: %s (name a text file or prepared data that exists)"
                            .formatted(uri)));
    return uri.endsWith(".json")
        ? Manifest.fromJson(text).classes()
        : text.lines().map(String::strip).filter(line -> !line.isEmpty()).toList();
  }

  private static boolean isDirectory(String uri, Configuration conf) {
    try {
      Path path = new Path(uri);
      var files = path.getFileSystem(conf);
      return files.exists(path) && files.getFileStatus(path).isDirectory();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns a sample with its label by this list; -1 for a number that is not in it. */
  Sample label(Sample sample) {
    if (!isGiven || !sample.isImage() || sample.label() < 0) {
      return sample;
    }
    int own = sample.label();
    int most = numbers == null ? names.size() : numbers.length;
    int label = own >= most ? -1 : numbers == null ? own : numbers[own];
    return label == own ? sample : sample.labelled(label);
  }
}
