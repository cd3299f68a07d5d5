package io.sparkmae.data.prepare;

import io.sparkmae.data.LocalSpark;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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
    return PrepareJob.run(spark.session(), settings(output, input, 0, 1));
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
