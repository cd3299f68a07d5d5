package io.sparkmae.data.prepare;

import io.sparkmae.data.Manifest;
import io.sparkmae.data.layout.Layout;
import io.sparkmae.data.layout.LayoutChoice;
import io.sparkmae.data.layout.SourceUnit;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.util.SerializableConfiguration;

/** Labels that are words: their sorted list is the list of classes. */
final class WordLabels {

  private static final int ASKED = 100; // samples, which tell whether all are read for words

  private WordLabels() {}

  /**
   * Returns the classes of {@code choice}: {@code known}, or else the words that are labels.
   *
   * @param finished what was prepared from these files before, whose words are not read again
   */
  static List<String> classes(
      JavaSparkContext sc, LayoutChoice choice, List<String> known, Optional<Manifest> finished) {
    Layout layout = choice.layout();
    List<SourceUnit> units = layout.units(choice.inputs());
    if (!known.isEmpty() || !hasWords(layout, units, sc.hadoopConfiguration())) {
      return known;
    }
    return finished.map(Manifest::classes).orElseGet(() -> words(sc, layout, units));
  }

  /** Asks the first, the middle and the last piece of work: one may have no labels at all. */
  private static boolean hasWords(Layout layout, List<SourceUnit> units, Configuration conf) {
    return Stream.of(0, units.size() / 2, units.size() - 1)
        .distinct()
        .anyMatch(unit -> !layout.words(units.get(unit), ASKED, conf).isEmpty());
  }

  private static List<String> words(JavaSparkContext sc, Layout layout, List<SourceUnit> units) {
    System.err.println(
        "prepare: labels are words; reading all shards once for the list of classes");
    var conf = sc.broadcast(new SerializableConfiguration(sc.hadoopConfiguration()));
    return sc
        .parallelize(units, units.size())
        .flatMap(unit -> layout.words(unit, Integer.MAX_VALUE, conf.value().value()).iterator())
        .distinct()
        .collect()
        .stream()
        .sorted()
        .toList();
  }
}
