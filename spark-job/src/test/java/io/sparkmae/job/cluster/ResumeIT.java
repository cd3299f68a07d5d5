package io.sparkmae.job.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkmae.job.cluster.MaeProcess.Result;
import io.sparkmae.job.store.ModelStore;
import io.sparkmae.job.store.Verification.Version;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Drivers that die, are told to stop, or come second. */
class ResumeIT {

  private static final int BAD_OPTIONS = 2;
  private static final int RETRY = 75;
  private static final int EPOCHS = 40;
  private static final Duration LIMIT = Duration.ofMinutes(2);

  @TempDir static Path directory;

  private static String data;
  private static MaeProcess mae;

  @BeforeAll
  static void prepare() throws Exception {
    data = SmallData.prepared();
    mae = MaeProcess.on("local[2]", directory);
  }

  @Test
  void aDriverThatIsKilledOrStoppedGoesOnToTheSameBits() throws Exception {
    JsonNode undisturbed = SmallData.here("local[2]", pretrain("undisturbed", EPOCHS, 0));
    Path model = directory.resolve("model");
    killWhen("in a round", process -> progressed(process.err(), 3));
    killWhen("while writing a checkpoint", process -> newest(model, false) > newest(model, true));
    int before = newest(model, true);
    killWhen("between the two", process -> newest(model, true) > before);
    Result stopped = terminateWhen(process -> progressed(process.err(), 1));
    assertThat(stopped.exitCode()).as(stopped.faults()).isEqualTo(RETRY);
    assertThat(stopped.sentences()).last().asString().contains("Stopped by SIGTERM before step");

    changeAByte(model.resolve("v%06d/state/params-00000.f32".formatted(newest(model, true))));
    Result done = mae.run(pretrain("model", EPOCHS, 0));
    assertThat(done.err())
        .contains("Passing over", "an executor could not read its state", "going on from");
    JsonNode result = SmallData.here("local[2]", pretrain("model", EPOCHS, 0)); // finished: at once
    for (String field : List.of("params_sha256", "images", "loss")) {
      assertThat(result.get(field)).as(field).isEqualTo(undisturbed.get(field));
    }
    List<Version> versions = ModelStore.verify(model.toString(), new Configuration()).versions();
    assertThat(versions).extracting(Version::state).containsOnly("complete").hasSize(2);
  }

  @Test
  void aStopSavesMomentsThatWorkersKeptForThemselves() throws Exception {
    String[] run = pretrain("own", EPOCHS, 0, "--average-optimizer-state", "false");
    try (JavaProcess process = mae.start(run)) {
      await(() -> progressed(process.err(), 3), process);
      process.terminate();
      assertThat(process.exitCode(LIMIT)).as(process.err()).isEqualTo(RETRY);
      assertThat(process.err().lines().filter(line -> line.startsWith("checkpoint file:")))
          .as(process.err())
          .isNotEmpty();
    }
    Path newest = directory.resolve("own/v%06d".formatted(newest(directory.resolve("own"), true)));
    assertThat(newest.resolve("state/moments-00000.f32")).isNotEmptyFile();
    Result done = mae.run(run);
    assertThat(done.err()).contains("going on from");
    assertThat(done.exitCode()).as(done.faults()).isZero();
  }

  @Test
  void aStopInALongRoundIsACheckpointWithinSeconds() throws Exception {
    String[] run = pretrain("long", 4, 0, "--warmup-epochs", "1");
    List<String> arguments = new ArrayList<>(Arrays.asList(run));
    arguments.set(1 + arguments.indexOf("--averaging-frequency"), "1000000");
    // an epoch of rounds of one step, then one round an epoch
    arguments.addAll(List.of("averaging.every-step-in-warmup=true", "data.crops-per-image=96"));
    arguments.addAll(List.of("model.embed-dim=192", "model.depth=12", "model.patch-size=4"));
    arguments.set(1 + arguments.lastIndexOf("--batch-size"), "96");
    try (JavaProcess process = mae.start(arguments.toArray(String[]::new))) {
      await(() -> process.err().contains("epoch 0.87/4"), process);
      long sixth = System.nanoTime();
      await(() -> process.err().contains("epoch 1.00/4"), process);
      long step = System.nanoTime() - sixth;
      LockSupport.parkNanos(step / 2); // the round of seven steps is under way
      long told = System.nanoTime();
      process.terminate();
      assertThat(process.exitCode(LIMIT)).as(process.err()).isEqualTo(RETRY);
      assertThat(System.nanoTime() - told).as(process.err()).isLessThan(3 * step + 1_500_000_000L);
      assertThat(process.err()).contains("checkpoint file:").doesNotContain("epoch 2.00/4");
    }
  }

  @Test
  void aMachineThatSleptGoesOn() throws Exception {
    MaeProcess impatient =
        mae.with("spark.network.timeout", "2s")
            .with("spark.network.timeoutInterval", "100ms")
            .with("spark.executor.heartbeatInterval", "1s");
    try (JavaProcess process = impatient.start(pretrain("slept", 1000, 0))) {
      await(() -> progressed(process.err(), 1), process);
      process.signal("STOP");
      LockSupport.parkNanos(Duration.ofSeconds(3).toNanos());
      long before = process.err().lines().count();
      process.signal("CONT");
      await(() -> process.err().lines().count() > before + 10, process);
      process.terminate();
      assertThat(process.exitCode(LIMIT)).as(process.err()).isEqualTo(RETRY);
      assertThat(process.err()).doesNotContain("no recent heartbeats");
    }
  }

  @Test
  void aSecondRunAndAnotherRunsCheckpointAreRefused() throws Exception {
    try (JavaProcess first = mae.start(pretrain("held", 1000, 0))) {
      await(() -> progressed(first.err(), 1), first);
      Result second = mae.run(pretrain("held", 1000, 0));
      assertThat(second.exitCode()).as(second.faults()).isEqualTo(RETRY);
      assertThat(second.sentences()).last().asString().contains("is training there");
      first.terminate();
      assertThat(first.exitCode(LIMIT)).as(first.err()).isEqualTo(RETRY);
    }
    Result another = mae.run(pretrain("held", 1000, 5));
    assertThat(another.exitCode()).as(another.faults()).isEqualTo(BAD_OPTIONS);
    assertThat(another.sentences())
        .last()
        .asString()
        .contains("Cannot resume")
        .contains("train.seed is 0 there and 5 here");
  }

  private static void changeAByte(Path file) throws IOException {

    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length / 2] ^= 1;
    Files.write(file, bytes);
  }

  private interface Moment {
    boolean isNow(JavaProcess process);
  }

  private static void killWhen(String when, Moment moment) throws Exception {
    try (JavaProcess process = mae.start(pretrain("model", EPOCHS, 0))) {
      await(() -> moment.isNow(process), process);
      process.kill();
      assertThat(process.out()).as(when).isEmpty();
    }
  }

  private static Result terminateWhen(Moment moment) throws Exception {
    try (JavaProcess process = mae.start(pretrain("model", EPOCHS, 0))) {
      await(() -> moment.isNow(process), process);
      process.terminate();
      int exitCode = process.exitCode(LIMIT);
      return new Result(exitCode, process.out(), process.err(), Duration.ZERO);
    }
  }

  private static void await(BooleanSupplier condition, JavaProcess process) throws Exception {
    long start = System.nanoTime();
    while (!condition.getAsBoolean()) {
      if (!process.isAlive() || System.nanoTime() - start > LIMIT.toNanos()) {
        throw new AssertionError("It did not come to that:\n" + process.err());
      }
      LockSupport.parkNanos(200_000); // some of these moments are milliseconds long
    }
  }

  private static boolean progressed(String err, int rounds) {
    return err.lines().filter(line -> line.startsWith("epoch ")).count() >= rounds;
  }

  /** Number of the newest version; with or without a mark that it is complete. */
  private static int newest(Path model, boolean complete) {
    try (Stream<Path> versions = Files.list(model)) {
      return versions
          .filter(version -> version.getFileName().toString().matches("v\\d+"))
          .filter(version -> Files.exists(version.resolve("_SUCCESS")) == complete)
          .mapToInt(version -> Integer.parseInt(version.getFileName().toString().substring(1)))
          .max()
          .orElse(0);
    } catch (IOException e) {
      return 0;
    }
  }

  private static String[] pretrain(String model, int epochs, long seed, String... more) {
    List<String> arguments =
        new ArrayList<>(
            Arrays.asList(SmallData.pretrain(data, directory.resolve(model).toString())));
    arguments.set(1 + arguments.indexOf("--epochs"), Integer.toString(epochs));
    arguments.addAll(
        1,
        List.of(
            "--seed", Long.toString(seed), "--checkpoint-rounds", more.length == 0 ? "2" : "0"));
    arguments.addAll(1, List.of(more));
    return arguments.toArray(String[]::new);
  }
}
