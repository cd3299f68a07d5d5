package io.sparkmae.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.sparkmae.job.failure.ExitCode;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlanCommandTest {

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final PrintStream stderr = System.err;

  @BeforeEach
  void captureStderr() {
    System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
  }

  @AfterEach
  void restoreStderr() {
    System.setErr(stderr);
  }

  @Test
  void aPlanHasStepsRoundsHoursCostAndACommandThatParses() throws Exception {
    JsonNode plan =
        plan(
            "--images 10000 --model mae_vit_tiny_patch16 --epochs 10 --workers 8 --batch-size 25"
                + " --averaging-frequency 4 --executor-cores 2 --images-per-second 50"
                + " --price-per-hour 0.5 --set model.norm-pix-loss=true");
    assertThat(plan.path("executors").asInt()).isEqualTo(4);
    assertThat(plan.at("/length/steps_per_epoch").asInt()).isEqualTo(50);
    assertThat(plan.at("/length/rounds_per_epoch").asInt()).isEqualTo(13);
    assertThat(plan.at("/length/rounds").asInt()).isEqualTo(130);
    double seconds = 500 * 25 / 50.0 + 130 * plan.at("/round/seconds").asDouble();
    assertThat(plan.path("hours").asDouble()).isCloseTo(seconds / 3600, Offset.offset(1e-6));
    assertThat(plan.path("cost").asDouble()).isCloseTo(2 * seconds / 3600, Offset.offset(1e-6));
    List<String> words = Arrays.asList(plan.path("submit").asText().split(" "));
    assertThat(words).contains("spark-submit", "--num-executors", "model.norm-pix-loss=true");
    List<String> job = words.subList(words.indexOf("pretrain"), words.size());
    Mae.commandLine().parseArgs(job.toArray(String[]::new)); // throws at an unknown option
    assertThat(job).containsSequence("--averaging-frequency", "4").endsWith("--workers", "8");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          local      | 1
          local[3]   | 3
          local[3,2] | 3
          local[*]   | 5
          local[*,2] | 5
          """)
  void everyLocalMasterIsOneProcessWithItsSlots(String master, int workers) throws Exception {
    JsonNode plan =
        plan(
            "--images 100 --model mae_vit_tiny_patch16 --driver-memory 8g --executor-cores 5"
                + " --master "
                + master);
    assertThat(plan.path("workers").asInt()).isEqualTo(workers);
    assertThat(plan.path("executors").asInt()).isZero();
  }

  @Test
  void oneProcessHasAllWorkersOfALocalMaster() throws Exception {
    JsonNode plan =
        plan("--images 100 --model mae_vit_tiny_patch16 --master local[2] --driver-memory 2g");
    assertThat(plan.path("workers").asInt()).isEqualTo(2);
    assertThat(plan.at("/memory/executor").isNull()).isTrue();
    assertThat(plan.at("/memory/driver/parts/java heap").asInt()).isEqualTo(2048);
    assertThat(plan.at("/memory/traffic/fetched_bytes").asLong()).isZero();
    assertThat(plan.path("submit").asText()).startsWith("deploy/bin/mae --master 'local[2]'");
  }

  @Test
  void aGpuIsPlannedOnAnyMachine() throws Exception {
    JsonNode plan =
        plan(
            "--images 1000000 --batch-size 256 --precision bf16 --workers 8 --gpu-memory 80g"
                + " --executor-cores 8 --task-cpus 8");
    assertThat(plan.at("/memory/gpu/total").asLong()).isBetween(4_000L, 80_000L);
    assertThat(plan.path("submit").asText())
        .contains("spark.task.resource.gpu.amount=1")
        .contains("--engine cuda");
  }

  @Test
  void whatCannotFitEndsWithCode2AndTheNearest() {
    assertThat(run("--images 1000 --model mae_vit_tiny_patch16 --workers 2 --executor-overhead 1g"))
        .isEqualTo(ExitCode.BAD_OPTIONS);
    assertThat(err.toString())
        .contains("mae: Cannot fit: an executor needs")
        .contains("give --batch-size 16 --gradient-accumulation 4, or give --executor-overhead");
  }

  @Test
  void badPlansAreRefusedInOneSentence() {
    for (String bad :
        List.of(
            "--workers 2",
            "--images 0 --workers 2",
            "--images 10 --data nowhere --workers 2",
            "--images 10",
            "--images 10 --workers 20",
            "--images 10 --workers 2 --executor-memory much",
            "--images 10 --workers 2 --executor-memory 100m",
            "--images 10 --workers 2 --executor-memory -1g",
            "--images 10 --workers 2 --engine graph",
            "--images 10 --workers 2 --engine cuda",
            "--images 10 --workers 2 --task-cpus 2",
            "--images 10 --workers 2 --network-gbps 0",
            "--images 10 --workers 2 --executor-cores 0")) {
      err.reset();
      assertThat(run(bad)).as(bad).isEqualTo(ExitCode.BAD_OPTIONS);
      assertThat(err.toString().lines()).as(bad).hasSize(1);
    }
  }

  @Test
  void theRateIsMeasuredHere() throws Exception {
    JsonNode plan =
        plan(
            "--images 100 --workers 2 --epochs 1 --batch-size 2 --measure --image-size 32"
                + " --model mae_vit_tiny_patch16 --set model.depth=1 model.decoder-depth=1");
    assertThat(plan.path("hours").asDouble()).isPositive();
    assertThat(err.toString()).contains("from --averaging-frequency");
  }

  @Test
  void aSimulatedRoundRunsNothing() throws Exception {
    String[] words =
        "benchmark averaging --simulate --parameters 330000000 --workers 1000 --network-gbps 25"
            .split(" ");
    assertThat(Mae.run(words, new PrintStream(out, true, StandardCharsets.UTF_8))).isZero();
    JsonNode simulated = new ObjectMapper().readTree(out.toString());
    assertThat(simulated.at("/traffic/averaging_tasks").asInt()).isEqualTo(80);
    assertThat(simulated.at("/round/seconds").asDouble()).isPositive();
  }

  private JsonNode plan(String options) throws Exception {
    assertThat(run(options)).as(err::toString).isZero();
    return new ObjectMapper().readTree(out.toString());
  }

  private int run(String options) {
    List<String> words = new ArrayList<>(List.of("plan"));
    words.addAll(List.of(options.split(" ")));
    return Mae.run(
        words.toArray(String[]::new), new PrintStream(out, true, StandardCharsets.UTF_8));
  }
}
