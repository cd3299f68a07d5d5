package io.sparkmae.job.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkmae.job.cluster.MaeProcess.Result;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Workers are logical: slots may be more or fewer, and change, and the model's bits are the same.
 */
class ElasticIT {

  private static final int RETRY = 75;
  private static final int STEPS_OF_A_ROUND = 2;
  private static final Duration LIMIT = Duration.ofMinutes(2);

  @TempDir static Path directory;

  @Test
  void eightWorkersTrainOneModelOnAnyNumberOfSlots() throws Exception {
    String[] masters = {"local[8]", "local[3]", "local[12]", "local-cluster[3,1,1024]"};
    List<String> models = new ArrayList<>();
    for (String master : masters) {
      models.add(params(master, pretrain(master, 8, 2)));
    }
    assertThat(models).doesNotContainNull();
    assertThat(models.stream().distinct()).as("%s", models).hasSize(1);
  }

  @Test
  void slotsMayComeAndGoBetweenAndWithinRounds() throws Exception {
    String undisturbed = params("local[2]", pretrain("still", 3, 20));
    try (StandaloneCluster cluster = new StandaloneCluster(directory);
        JavaProcess run =
            MaeProcess.on(cluster.master(), directory)
                .start(pretrain("moving", 3, 20, "--checkpoint-rounds", "1"))) {
      awaitRound(run, 2);
      cluster.killAnExecutor();
      awaitRound(run, 12);
      cluster.addAWorker();
      awaitRound(run, 16);
      int told = run.err().length();
      cluster.announceTheEndOfAWorker();
      assertThat(run.exitCode(LIMIT)).as(run.err()).isZero();
      assertThat(run.out()).contains(undisturbed);
      assertThat(run.err()).containsIgnoringCase("decommission executor");
      assertThat(repeatedSteps(run.err().substring(told))).as(run.err()).isZero();
    }
  }

  @Test
  void aRunThatGoesOnElsewhereKeepsItsNumberOfWorkers() throws Exception {
    String undisturbed = params("local[3]", pretrain("whole", 0, 40));
    String[] command = pretrain("moved", 0, 40);
    try (JavaProcess run = MaeProcess.on("local[3]", directory).start(command)) {
      awaitRound(run, 3);
      run.terminate();
      assertThat(run.exitCode(LIMIT)).as(run.err()).isEqualTo(RETRY);
      assertThat(run.err())
          .containsPattern("if the process is killed before that, the steps since step 0 .* lost");
    }
    Result moved = MaeProcess.on("local[2]", directory).run(command);
    assertThat(moved.exitCode()).as(moved.faults()).isZero();
    assertThat(moved.err()).contains("going on from").contains(" 3 workers ");
    assertThat(moved.out()).contains(undisturbed);
  }

  private static void awaitRound(JavaProcess run, int lines) throws InterruptedException {
    long limit = System.nanoTime() + LIMIT.toNanos();
    while (run.err().lines().filter(line -> line.startsWith("epoch ")).count() < lines) {
      assertThat(run.isAlive()).as(run.err()).isTrue();
      assertThat(System.nanoTime()).as(run.err()).isLessThan(limit);
      Thread.sleep(20);
    }
  }

  /** Local steps that were computed once more, of all workers together. */
  private static int repeatedSteps(String err) {
    List<String> rounds = new ArrayList<>();
    int workers = 0;
    for (String line : err.lines().toList()) {
      if (line.startsWith("epoch ")) {
        rounds.add(line.substring(0, line.indexOf(' ', "epoch ".length())));
      } else if (line.endsWith(" lost their results and train again")) {
        workers += line.split(",").length;
      }
    }
    int again = rounds.size() - (int) rounds.stream().distinct().count();
    return (3 * again + workers) * STEPS_OF_A_ROUND;
  }

  private static String params(String master, String[] command) throws Exception {
    JsonNode trained =
        master.startsWith("local[")
            ? SmallData.here(master, command)
            : MaeProcess.on(master, directory).result(command);
    return trained.get("params_sha256").asText();
  }

  private static String[] pretrain(String model, int workers, int epochs, String... more)
      throws Exception {
    String output = directory.resolve(model.replaceAll("\\W+", " ")).toString();
    List<String> arguments =
        new ArrayList<>(List.of(SmallData.pretrain(SmallData.prepared(), output)));
    arguments.set(1 + arguments.indexOf("--workers"), Integer.toString(workers));
    arguments.set(1 + arguments.indexOf("--epochs"), Integer.toString(epochs));
    arguments.addAll(1, List.of(more));
    return arguments.toArray(String[]::new);
  }
}
