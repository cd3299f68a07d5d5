package io.sparkmae.data.prepare;

import io.sparkmae.data.layout.Layout;
import io.sparkmae.data.layout.Sample;
import io.sparkmae.data.layout.SourceUnit;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.apache.commons.codec.digest.DigestUtils;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.util.SerializableConfiguration;
import scala.Tuple2;

/** Finds images with equal bytes. */
final class Duplicates {
  private Duplicates() {}

  /**
   * Reads every image once to find duplicates.
   *
   * @return key of each image to leave out → key of the image that stays, the first
   */
  static Map<String, String> find(
      JavaSparkContext sc,
      Layout layout,
      List<SourceUnit> units,
      Broadcast<SerializableConfiguration> conf) {
    var duplicates = new HashMap<String, String>();
    sc.parallelize(units, units.size())
        .flatMapToPair(unit -> hashes(unit.read(layout, conf.value().value())))
        .groupByKey()
        .values()
        .map(keys -> new TreeSet<>(StreamSupport.stream(keys.spliterator(), false).toList()))
        .filter(keys -> keys.size() > 1)
        .collect()
        .forEach(
            keys ->
                keys.tailSet(keys.first(), false).forEach(k -> duplicates.put(k, keys.first())));
    return duplicates;
  }

  private static Iterator<Tuple2<String, String>> hashes(Stream<Sample> samples) {
    TaskContext.get()
        .addTaskCompletionListener(
            context -> {
              samples.close();
            });
    return samples
        .filter(Sample::isImage)
        .map(sample -> new Tuple2<>(sha256(sample.bytes()), sample.key()))
        .iterator();
  }

  private static String sha256(byte[] bytes) {
    return new String(DigestUtils.sha256(bytes), StandardCharsets.ISO_8859_1);
  }
}
