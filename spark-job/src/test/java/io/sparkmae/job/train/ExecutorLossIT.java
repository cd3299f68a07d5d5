package io.sparkmae.job.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkmae.data.prepare.PrepareJob;
import io.sparkmae.data.prepare.PrepareSettings;
import io.sparkmae.job.LocalSpark;
import io.sparkmae.job.cluster.JavaProcess;
import io.sparkmae.job.config.RunConfig;
import io.sparkmae.job.demo.DemoImages;
import io.sparkmae.job.store.Directory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Three executors of their own; two are killed in the run, and a task throws once. */
class ExecutorLossIT {

  private static final Duration LIMIT = Duration.ofMinutes(4);

  @TempDir Path directory;

  @Test
  void killedExecutorsLeaveNoTrace() throws Exception {
    String data = directory.resolve("data").toUri().toString();
    List<String> undisturbed = trainHere(data);
    Path notes = Files.createDirectory(directory.resolve("faults"));
    try (JavaProcess process =
        JavaProcess.start(
            directory, ThreeExecutors.run(directory, FaultyRun.class, data, notes.toString()))) {
      assertThat(process.exitCode(LIMIT)).as(process::err).isZero();
      assertThat(process.out().lines())
          .as(process::err)
          .endsWith(undisturbed.toArray(String[]::new));
      for (String precision : List.of("fp32", "int4")) {
        assertThat(notes.resolve(precision + "/EXCEPTION-1")).exists();
        assertThat(notes.resolve(precision + "/KILL-3")).exists();
        assertThat(notes.resolve(precision + "/KILL_NEIGHBOUR-7")).exists();
      }
      // Which of the two depends on where Spark had put the workers; GoingOnIT tests each
      assertThat(process.err()).containsPattern("train again|going back to step");
    }
  }

  @Test
  void executorsKeepNothingOfARunThatIsDone() throws Exception {
    String data = directory.resolve("data").toUri().toString();
    trainHere(data);
    try (JavaProcess process =
        JavaProcess.start(directory, ThreeExecutors.run(directory, DismissalRun.class, data))) {
      assertThat(process.exitCode(LIMIT)).as(process::err).isZero();
      assertThat(process.out()).contains("loaders []").contains("grown 0");
    }
  }

  /** Returns the hashes of {@link FaultyRun#runs} on one machine. */
  private List<String> trainHere(String data) throws Exception {
    try (SparkSession spark = LocalSpark.on("local[2]")) {
      String images = directory.resolve("images").toUri().toString();
      DemoImages.render(Directory.at(images, spark.sparkContext().hadoopConfiguration()), 6, 1);
      PrepareJob.run(spark, new PrepareSettings(List.of(images), data, "folder", 0, 92, 1));
      List<String> hashes = new ArrayList<>();
      for (RunConfig run : FaultyRun.runs(data)) {
        hashes.add(Pretraining.train(spark, run).graph().paramsSha256());
      }
      return hashes;
    }
  }
}
