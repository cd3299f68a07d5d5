package io.sparkmae.data.prepare;

import io.sparkmae.data.layout.LayoutChoice;
import io.sparkmae.data.layout.SourceUnit;
import io.sparkmae.data.layout.WebDatasetLayout;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.util.SerializableConfiguration;

/** Labels of tar shards that are words: their sorted list is the list of classes. */
final class WordLabels {

  private static final int ASKED = 100; // samples, which tell whether all are read for words

  private WordLabels() {}

  /** Returns the classes of {@code choice}: {@code known}, or else the words that are labels. */
  static List<String> classes(JavaSparkContext sc, LayoutChoice choice, List<String> known) {
    if (!known.isEmpty() || !(choice.layout() instanceof WebDatasetLayout tars)) {
      return known;
    }
    List<SourceUnit> units = tars.units(choice.inputs());
    Configuration here = sc.hadoopConfiguration();
    if (tars.words(units.get(0), ASKED, here).isEmpty()) {
      return known;
    }
    System.err.println(
        "prepare: labels are words; reading all shards once for the list of classes");
    var conf = sc.broadcast(new SerializableConfiguration(here));
    return sc
        .parallelize(units, units.size())
        .flatMap(unit -> tars.words(unit, Integer.MAX_VALUE, conf.value().value()).iterator())
        .distinct()
        .collect()
        .stream()
        .sorted()
        .toList();
  }
}
