package io.sparkmae.job.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkmae.data.prepare.PrepareJob;
import io.sparkmae.data.prepare.PrepareSettings;
import io.sparkmae.job.LocalSpark;
import io.sparkmae.job.cluster.JavaProcess;
import io.sparkmae.job.demo.DemoImages;
import io.sparkmae.job.store.Directory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Fine-tuning on three executors of their own; two are killed, and a task throws once. */
class FineTuningIT {

  private static final Duration LIMIT = Duration.ofMinutes(4);

  @TempDir Path directory;

  @Test
  void killedExecutorsLeaveNoTrace() throws Exception {
    String data = directory.resolve("data").toUri().toString();
    String undisturbed = trainHere(data);
    Path notes = Files.createDirectory(directory.resolve("faults"));
    try (JavaProcess process =
        JavaProcess.start(
            directory,
            ThreeExecutors.run(directory, FaultyFineTuning.class, data, notes.toString()))) {
      assertThat(process.exitCode(LIMIT)).as(process::err).isZero();
      assertThat(process.out().strip()).as(process::err).endsWith(undisturbed);
      assertThat(notes.resolve("EXCEPTION-1")).exists();
      assertThat(notes.resolve("KILL-3")).exists();
      assertThat(notes.resolve("KILL_NEIGHBOUR-7")).exists();
    }
  }

  private String trainHere(String data) throws Exception {
    try (SparkSession spark = LocalSpark.on("local[2]")) {
      String images = directory.resolve("images").toUri().toString();
      DemoImages.render(Directory.at(images, spark.sparkContext().hadoopConfiguration()), 6, 1);
      PrepareJob.run(spark, new PrepareSettings(List.of(images), data, "folder", 0, 92, 1));
      return FaultyFineTuning.train(spark, data, List.of());
    }
  }
}
