package io.sparkmae.job.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * An executor that is told that it will go hands over what it has, and what its task then leaves:
 * no step is computed again.
 */
class NoticeIT {

  private static final int EXECUTORS = 3;
  private static final int WORKERS = 4; // one waits for an executor that is done
  private static final String CROPS = "2048";
  private static final Duration LIMIT = Duration.ofMinutes(2);

  @TempDir static Path directory;

  @Test
  void noStepIsComputedAgain() throws Exception {
    String undisturbed =
        SmallData.here("local[4]", pretrain("still")).get("params_sha256").asText();
    try (StandaloneCluster cluster = new StandaloneCluster(directory)) {
      cluster.addAWorker();
      try (JavaProcess run =
          MaeProcess.on(cluster.master(), directory)
              .with("spark.scheduler.minRegisteredResourcesRatio", "1")
              .with("spark.cores.max", Integer.toString(EXECUTORS))
              .start(pretrain("moving"))) {
        String busy = await(run, 0, "Starting task 3\\.0 in stage .*?, executor (\\d+)");
        String waiting =
            await(run, 0, "Finished task .*? in stage .*?executor (?!" + busy + ")(\\d+)");
        cluster.announceTheEndOf(waiting); // it has the result of a finished task
        await(run, 0, "(epoch )");
        int told = run.err().length();
        String training = await(run, told, "Starting task 0\\.0 in stage .*?, executor (\\d+)");
        cluster.announceTheEndOf(training);
        assertThat(run.exitCode(LIMIT)).as(run.err()).isZero();
        assertThat(run.out()).contains(undisturbed);
        assertThat(run.err()).doesNotContain("train again", "Lost the average");
        assertThat(cluster.logOf(waiting)).contains("RDD blocks for block manager decommissioning");
        assertThat(cluster.logOf(training))
            .containsPattern("(?s)Starting block manager decommissioning.*Finished task 0\\.0 in");
      }
    }
  }

  /** Returns what a pattern's group is, once it is in what the run said after {@code from}. */
  private static String await(JavaProcess run, int from, String pattern)
      throws InterruptedException {
    long limit = System.nanoTime() + LIMIT.toNanos();
    Optional<String> found = Optional.empty();
    while (found.isEmpty()) {
      assertThat(run.isAlive()).as(run.err()).isTrue();
      assertThat(System.nanoTime()).as(run.err()).isLessThan(limit);
      Thread.sleep(20);
      Matcher matcher = Pattern.compile(pattern).matcher(run.err().substring(from));
      found = matcher.find() ? Optional.of(matcher.group(1)) : Optional.empty();
    }
    return found.get();
  }

  /** Rounds of a few seconds: many crops of an image are a minibatch. */
  private static String[] pretrain(String model) throws Exception {
    String output = directory.resolve(model).toString();
    List<String> arguments =
        new ArrayList<>(List.of(SmallData.pretrain(SmallData.prepared(), output)));
    arguments.set(1 + arguments.indexOf("--workers"), Integer.toString(WORKERS));
    arguments.set(1 + arguments.indexOf("--batch-size"), CROPS);
    arguments.addAll(1, List.of("--crops-per-image", CROPS));
    return arguments.toArray(String[]::new);
  }
}
