package io.sparkmae.data.prepare;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkmae.data.LocalSpark;
import io.sparkmae.data.Manifest;
import io.sparkmae.data.PreparedData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

/** Runs preparations in a directory of a test's own, and reads what they left. */
abstract class Preparations {
  final Configuration conf = new Configuration();
  LocalSpark spark = LocalSpark.withTasks(2);

  @TempDir Path dir;

  @AfterEach
  void stop() {
    spark.close();
  }

  PrepareResult prepare(String output, String input) {
    return prepare(settings(output, input, 0, 1));
  }

  /** Runs a preparation, whose counts must add up whatever it is about. */
  PrepareResult prepare(PrepareSettings settings) {
    PrepareResult result = PrepareJob.run(spark.session(), settings);
    assertThat(result.rows() + Account.sum(result.rejects()) + Account.sum(result.skipped()))
        .isEqualTo(result.met())
        .isPositive();
    Manifest manifest = PreparedData.open(settings.output(), conf).manifest();
    assertThat(manifest.met()).isEqualTo(result.met());
    assertThat(manifest.unlabelled()).isEqualTo(result.unlabelled());
    return result;
  }

  PrepareSettings withClasses(PrepareSettings settings, String classes) {
    return new PrepareSettings(
        settings.inputs(),
        settings.output(),
        settings.layout(),
        settings.shortSide(),
        settings.quality(),
        settings.seed(),
        settings.leastRows(),
        settings.dropDuplicates(),
        settings.upright(),
        settings.keys(),
        settings.columns(),
        classes,
        settings.pixels());
  }

  /** Key and label of each row. */
  Map<String, Long> labels(String output) {
    var labels = new TreeMap<String, Long>();
    spark
        .session()
        .read()
        .parquet(dir + "/" + output + "/data")
        .select("image.path", "label")
        .collectAsList()
        .forEach(row -> labels.put(row.getString(0), row.getLong(1)));
    return labels;
  }

  PrepareSettings settings(String output, String input, int shortSide, long seed) {
    return new PrepareSettings(
        List.of(dir + "/" + input), dir + "/" + output, "auto", shortSide, 92, seed);
  }

  List<String> keys(String output) {
    return spark
        .session()
        .read()
        .parquet(dir + "/" + output + "/data")
        .select("image.path")
        .collectAsList()
        .stream()
        .map(row -> row.getString(0))
        .toList();
  }

  List<String> rejectLines() throws IOException {
    try (Stream<Path> files = Files.list(dir.resolve("out/rejects"))) {
      return files
          .filter(f -> f.toString().endsWith(".jsonl"))
          .flatMap(Preparations::lines)
          .toList();
    }
  }

  private static Stream<String> lines(Path file) {
    try {
      return Files.readAllLines(file).stream();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
