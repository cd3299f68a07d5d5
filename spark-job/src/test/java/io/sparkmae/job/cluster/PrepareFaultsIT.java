package io.sparkmae.job.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkmae.data.PreparedData;
import io.sparkmae.job.Commands;
import io.sparkmae.job.demo.DemoImages;
import io.sparkmae.job.store.Directory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrepareFaultsIT {
  private static final long LIMIT_NANOS = 60_000_000_000L;

  @TempDir static Path directory;

  @BeforeAll
  static void prepareUndisturbed() throws Exception {
    DemoImages.render(Directory.at(directory + "/images", new Configuration()), 60, 0);
    SmallData.here("local[1]", prepare("whole"));
  }

  @Test
  void aRunKilledAtAnyMomentIsFinishedByTheNext() throws Exception {
    killed("early", () -> Files.exists(directory.resolve("early/_preparing")));
    killed("first", () -> finishedParts("first") >= 1);
    killed("third", () -> finishedParts("third") >= 3);

    int kept = 0;
    for (String output : List.of("early", "first", "third")) {
      assertThat(directory.resolve(output + "/manifest.json")).as(output).doesNotExist();
      SmallData.here("local[1]", prepare(output));
      kept += Commands.stderr().contains("of 4 parts are there already") ? 1 : 0;
      assertThat(contents(output)).as(output).isEqualTo(contents("whole"));
    }
    assertThat(kept).as("runs that went on where they were killed").isEqualTo(2);
  }

  @Test
  void anExecutorThatCrashesIsSeenAndItsWorkDoneAgain() throws Exception {
    MaeProcess cluster =
        MaeProcess.on("local-cluster[2,1,1024]", directory)
            .with("spark.scheduler.minRegisteredResourcesRatio", "1"); // so that both have work
    try (JavaProcess process = cluster.start(prepare("crashed"))) {
      await(() -> process.err().contains("Starting task 1.0 in stage 0.0"));
      process.killAChild(); // local-cluster starts nothing but executors

      assertThat(process.exitCode(Duration.ofMinutes(2))).as(process.err()).isZero();
      assertThat(process.err()).contains("Lost executor");
    }
    assertThat(contents("crashed")).isEqualTo(contents("whole"));
  }

  private void killed(String output, BooleanSupplier moment) throws Exception {
    try (JavaProcess process = MaeProcess.on("local[1]", directory).start(prepare(output))) {
      await(moment);
      assertThat(process.out()).as("the result, which would be too early").isEmpty();
    } // closing it is SIGKILL
  }

  private static void await(BooleanSupplier moment) throws InterruptedException {
    long start = System.nanoTime();
    while (!moment.getAsBoolean()) {
      assertThat(System.nanoTime() - start).isLessThan(LIMIT_NANOS);
      Thread.sleep(1);
    }
  }

  private static String[] prepare(String output) {
    List<String> command = new ArrayList<>(List.of("prepare", "--input", directory + "/images"));
    command.addAll(List.of("--output", directory + "/" + output, "--short-side", "48"));
    return command.toArray(String[]::new);
  }

  private long finishedParts(String output) {
    try (Stream<Path> files = Files.list(directory.resolve(output + "/_attempts"))) {
      return files
          .filter(file -> file.getFileName().toString().matches("done-\\d+\\.json"))
          .count();
    } catch (IOException e) {
      return 0; // not begun
    }
  }

  /** The files that a manifest names, with their SHA-256, what was refused, and what lies there. */
  private String contents(String output) throws IOException {
    var manifest = PreparedData.open(directory + "/" + output, new Configuration()).manifest();
    var found = new TreeMap<String, Long>();
    try (Stream<Path> files = Files.walk(directory.resolve(output))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String name = directory.resolve(output).relativize(file).toString();
        if (!name.endsWith(".crc")) {
          found.put(name, Files.size(file));
        }
      }
    }
    return manifest.files() + "\n" + manifest.rejects() + "\n" + found;
  }
}
