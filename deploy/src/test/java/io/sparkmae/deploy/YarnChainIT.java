package io.sparkmae.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkmae.deploy.Launcher.Run;
import io.sparkmae.job.demo.DemoImages;
import io.sparkmae.job.store.Directory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import org.apache.hadoop.yarn.api.records.FinalApplicationStatus;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The steps of the EMR template, with its settings, on a YARN of this machine: images in HDFS, data
 * and models in S3, an executor killed, the driver stopped. Sizes alone are other than there.
 */
class YarnChainIT {

  private static final int IMAGES = 16;
  private static final int EPOCHS = 16;

  /** Options of a model that trains in seconds. */
  static final List<String> SMALL =
      List.of(
          "--image-size",
          "32",
          "--checkpoint-rounds",
          "4",
          "--set",
          "model.patch-size=8",
          "model.embed-dim=48",
          "model.depth=2",
          "model.num-heads=3",
          "model.decoder-embed-dim=32",
          "model.decoder-depth=1",
          "model.decoder-num-heads=4");

  @TempDir private Path directory;

  @Test
  void theStepsOfTheTemplateSurviveALostExecutorAndAStoppedDriver() throws Exception {
    try (S3Server s3 = new S3Server(directory);
        YarnCluster yarn = new YarnCluster(directory, s3.settings())) {
      DemoImages.render(Directory.at(yarn.hdfs() + "/photos", yarn.settings()), 2, 0);

      succeeds(yarn, step("prepare", yarn));
      assertThat(s3.result("prepare").get("rows").asInt()).isEqualTo(IMAGES);

      FutureTask<Run> pretraining = inBackground(() -> run(yarn, step("pretrain", yarn)));
      await(() -> s3.newestModel() >= 1 && yarn.executors().size() == 2, pretraining);
      yarn.executors().get(0).destroyForcibly();
      int before = s3.newestModel();
      await(() -> s3.newestModel() > before, pretraining);
      assertThat(yarn.drivers()).singleElement().matches(ProcessHandle::destroy); // SIGTERM
      assertThat(pretraining.get().exitCode()).as(pretraining.get().err()).isZero();
      assertThat(s3.result("pretrain").get("images").asInt()).isEqualTo(EPOCHS * IMAGES);

      FutureTask<Run> exported = inBackground(() -> run(yarn, step("export", yarn)));
      FutureTask<Run> refused = inBackground(() -> run(yarn, verify("refused", "none")));
      succeeds(yarn, verify("verified", "model"));
      assertThat(refused.get().exitCode()).isNotZero();
      assertThat(exported.get().exitCode()).as(exported.get().err()).isZero();
      assertThat(s3.bucket().resolve("encoder/model.safetensors")).isNotEmptyFile();
      assertThat(s3.result("verified").get("exit_code").asInt()).isZero();
      assertThat(s3.result("refused").get("exit_code").asInt()).isEqualTo(3);

      assertThat(yarn.endings())
          .containsExactlyInAnyOrder(
              Map.entry(FinalApplicationStatus.SUCCEEDED, 1),
              Map.entry(FinalApplicationStatus.SUCCEEDED, 2), // attempts: the driver was stopped
              Map.entry(FinalApplicationStatus.SUCCEEDED, 1),
              Map.entry(FinalApplicationStatus.SUCCEEDED, 1),
              Map.entry(FinalApplicationStatus.FAILED, 1));
    }
  }

  private void succeeds(YarnCluster yarn, List<String> words) throws Exception {
    Run run = run(yarn, words);
    assertThat(run.exitCode()).as(run.err()).isZero();
  }

  private Run run(YarnCluster yarn, List<String> words) throws Exception {
    List<String> all = new ArrayList<>(yarn.options());
    all.addAll(words);
    Path own = Files.createTempDirectory(directory, "submission-");
    return new Launcher(own).run(yarn.environment(), all.toArray(String[]::new));
  }

  /** The words of a step after {@code spark-submit}, without its class and jar. */
  private static List<String> step(String name, YarnCluster yarn) throws Exception {
    for (JsonNode step : Templates.json("emr/steps.json")) {
      if (step.get("Name").asText().equals(name)) {
        List<String> words = Templates.strings(step.get("Args"));
        int main = words.indexOf("--class");
        List<String> ours = new ArrayList<>(words.subList(1, main));
        ours.addAll(words.subList(main + 3, words.size()));
        ours.replaceAll(
            word ->
                word.replace("s3://BUCKET/photos", yarn.hdfs() + "/photos")
                    .replace("s3://BUCKET", "s3a://bucket"));
        if (name.equals("pretrain")) {
          shrink(ours);
        }
        return ours;
      }
    }
    throw new AssertionError("No step " + name);
  }

  private static void shrink(List<String> words) {
    Map.of(
            "--model", "mae_vit_tiny_patch16",
            "--epochs", Integer.toString(EPOCHS),
            "--workers", "2",
            "--batch-size", "2",
            "--averaging-frequency", "2")
        .forEach((option, value) -> words.set(words.indexOf(option) + 1, value));
    words.addAll(SMALL);
  }

  private static List<String> verify(String result, String model) {
    String file = "s3a://bucket/results/" + result + ".json";
    return List.of(
        "--deploy-mode", "cluster", "verify", "--result", file, "--model", "s3a://bucket/" + model);
  }

  private static <T> FutureTask<T> inBackground(Callable<T> work) {
    FutureTask<T> task = new FutureTask<>(work);
    new Thread(task, "submission").start();
    return task;
  }

  private static void await(Callable<Boolean> condition, FutureTask<Run> run) throws Exception {
    while (!condition.call()) {
      assertThat(run.isDone()).as("the run ended too early").isFalse();
      Thread.sleep(50);
    }
  }
}
