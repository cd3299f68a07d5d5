package io.sparkmae.data.layout;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Labels that are text: digits are the number of a class, anything else is the name of one. */
final class TextLabel {

  private TextLabel() {}

  /** Returns whether a label is the name of a class; not so one that is empty or an odd number. */
  static boolean isWord(String label) {
    return !label.isEmpty() && !label.matches("[-+]?[\\d.]+([eE][-+]?\\d+)?|(?i)[-+]?(nan|inf)");
  }

  /** Returns the number of a label, by its name if it is a word; -1 for one that has none. */
  static int number(String label, Map<String, Integer> classes) {
    if (label.matches("\\d{1,18}(\\.0*)?")) {
      long number = Long.parseLong(label.replaceFirst("\\..*", ""));
      return number > Integer.MAX_VALUE ? -1 : (int) number;
    }
    return classes.getOrDefault(label, -1);
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
