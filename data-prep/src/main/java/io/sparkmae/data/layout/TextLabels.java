package io.sparkmae.data.layout;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Reads labels that are text: digits are the number of a class, anything else is the name of one.
 * Remembers the names. Not thread-safe.
 */
final class TextLabels {
  private final Map<String, Integer> classes;
  private final Set<String> words = new TreeSet<>();

  /** Makes a reader of labels that knows the number of each of {@code classes}. */
  TextLabels(Map<String, Integer> classes) {
    this.classes = classes;
  }

  /** Returns the number of a label, by its name if it is a word; -1 for one that has none. */
  int number(String label) {
    if (isWord(label)) {
      words.add(label);
      return classes.getOrDefault(label, -1);
    }
    if (!label.matches("\\d{1,18}(\\.0*)?")) {
      return -1;
    }
    long number = Long.parseLong(label.replaceFirst("\\..*", ""));
    return number > Integer.MAX_VALUE ? -1 : (int) number;
  }

  /** Returns the names of classes read so far. */
  Set<String> words() {
    return words;
  }

  /** Returns whether a label is the name of a class; not so one that is empty or an odd number. */
  private static boolean isWord(String label) {
    return !label.isEmpty() && !label.matches("[-+]?[\\d.]+([eE][-+]?\\d+)?|(?i)[-+]?(nan|inf)");
  }

  /** Returns the number of each class: its place in the list. */
  static Map<String, Integer> numbers(List<String> classes) {
    var numbers = new HashMap<String, Integer>();
    for (int label = 0; label < classes.size(); label++) {
      numbers.putIfAbsent(classes.get(label), label);
    }
    return Map.copyOf(numbers);
  }
}
