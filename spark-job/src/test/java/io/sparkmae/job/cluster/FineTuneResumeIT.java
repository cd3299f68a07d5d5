package io.sparkmae.job.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A driver that fine-tunes, dies, is told to stop, and goes on. */
class FineTuneResumeIT {

  private static final int RETRY = 75;
  private static final Duration LIMIT = Duration.ofMinutes(2);

  @TempDir Path directory;

  private MaeProcess mae;

  @Test
  void aDriverThatIsKilledAndStoppedGoesOnToTheSameBits() throws Exception {
    mae = MaeProcess.on("local[2]", directory);
    SmallData.here("local[2]", SmallData.pretrain(SmallData.prepared(), at("pretrained")));
    JsonNode undisturbed = SmallData.here("local[2]", finetune("undisturbed"));

    try (JavaProcess process = mae.start(finetune("tuned"))) {
      await(process, "checkpoint file:", 2);
      process.kill();
    }
    try (JavaProcess process = mae.start(finetune("tuned"))) {
      await(process, "epoch ", 3);
      process.terminate();
      assertThat(process.exitCode(LIMIT)).as(process.err()).isEqualTo(RETRY);
      assertThat(process.err()).contains("going on from");
    }
    JsonNode result = mae.result(finetune("tuned"));
    for (String field :
        List.of("params_sha256", "images", "loss", "top1", "best_top1", "best_epoch")) {
      assertThat(result.get(field)).as(field).isEqualTo(undisturbed.get(field));
    }
    SmallData.here("local[2]", "verify", "--model", at("tuned"));
    SmallData.here(
        "local[2]",
        "predict",
        "--model",
        result.get("best").asText(),
        "--data",
        SmallData.prepared(),
        "--output",
        at("predictions"));
  }

  private String at(String name) {
    return directory.resolve(name).toString();
  }

  private String[] finetune(String output) throws Exception {
    String data = SmallData.prepared();
    List<String> arguments = new ArrayList<>();
    arguments.addAll(List.of("finetune", "--model", at("pretrained"), "--output", at(output)));
    arguments.addAll(List.of("--data", data, "--test", data, "--epochs", "12"));
    arguments.addAll(List.of("--batch-size", "2", "--workers", "2", "--averaging-frequency", "2"));
    arguments.addAll(List.of("--checkpoint-rounds", "3", "--base-lr", "0.05"));
    return arguments.toArray(String[]::new);
  }

  private static void await(JavaProcess process, String line, int times) {
    long start = System.nanoTime();
    while (process.err().lines().filter(said -> said.startsWith(line)).count() < times) {
      if (!process.isAlive() || System.nanoTime() - start > LIMIT.toNanos()) {
        throw new AssertionError("It did not come to that:\n" + process.err());
      }
      LockSupport.parkNanos(1_000_000);
    }
  }
}
