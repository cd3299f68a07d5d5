package io.sparkmae.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkmae.deploy.Launcher.Run;
import io.sparkmae.job.demo.DemoImages;
import io.sparkmae.job.store.Directory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;

/**
 * A model's life on a cluster: prepare, pretrain on two executors, one of them killed, the driver
 * stopped, resumed, exported, verified. It must have the parameters of an undisturbed run.
 */
final class Chain {

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

  static final int EPOCHS = 16;

  private static final int IMAGES = 16;
  private static final int BAD_DATA = 3;
  private static final int RETRY = 75;

  /** Hashes of the parameters of undisturbed runs, by the words of their command. */
  private static final Map<String, String> UNDISTURBED = new TreeMap<>();

  private final Path directory;
  private final Bucket bucket;
  private final Site site;
  private final List<Submission> submissions = new ArrayList<>();

  private record Submission(String step, int exitCode, Process process, Path err) {}

  Chain(Path directory, Bucket bucket, Site site) {
    this.directory = directory;
    this.bucket = bucket;
    this.site = site;
  }

  static void drawPhotos(String hdfs) throws IOException {
    DemoImages.render(Directory.at(hdfs + "/photos", new Configuration()), 2, 0);
  }

  /** Runs all steps and returns when the last submission has ended. */
  void run() throws Exception {
    assertThat(result(start("prepare", 0)).get("rows").asInt()).isEqualTo(IMAGES);
    JsonNode pretrained = result(pretrain());
    assertThat(pretrained.get("images").asInt()).isEqualTo(EPOCHS * IMAGES);
    assertThat(pretrained.get("params_sha256").asText()).isEqualTo(undisturbed());
    for (Submission last : startTheRest()) {
      JsonNode result = result(last);
      if (last.step().equals("again")) {
        assertThat(result.get("params_sha256")).isEqualTo(pretrained.get("params_sha256"));
      }
    }
    assertThat(bucket.files().resolve("encoder/model.safetensors")).isNotEmptyFile();
    for (Submission submission : submissions) {
      assertThat(submission.process().waitFor())
          .as(said(submission))
          .isEqualTo(site.answer(submission.exitCode()));
    }
  }

  private List<Submission> startTheRest() throws IOException {
    List<Submission> rest = new ArrayList<>();
    for (String step : List.of("export", "verify", "again")) {
      if (site.steps().containsKey(step)) {
        rest.add(start(step, 0));
      }
    }
    rest.add(start("refused", BAD_DATA));
    if (site.steps().containsKey("help")) {
      start("help", 0); // has no result
    }
    return rest;
  }

  /** Kills an executor, stops the driver, and sees to it that there is another. */
  private Submission pretrain() throws Exception {
    Submission training = start("pretrain", site.triesAgain() ? 0 : RETRY);
    await(() -> bucket.newestModel() >= 1 && site.executors().size() == 2, training);
    site.executors().get(0).destroyForcibly();
    int before = bucket.newestModel();
    await(() -> bucket.newestModel() > before, training);
    assertThat(site.drivers()).singleElement().matches(ProcessHandle::destroy); // SIGTERM
    if (site.triesAgain()) {
      return training;
    }
    assertThat(result(training).get("error").asText()).contains("Stopped by SIGTERM");
    return start("pretrain", 0);
  }

  private Submission start(String step, int exitCode) throws IOException {
    Files.deleteIfExists(bucket.resultFile(step));
    Path own = Files.createTempDirectory(directory, step + "-");
    Path err = own.resolve("err");
    Process process =
        site.submission(site.steps().get(step))
            .redirectOutput(own.resolve("out").toFile())
            .redirectError(err.toFile())
            .start();
    Submission submission = new Submission(step, exitCode, process, err);
    submissions.add(submission);
    return submission;
  }

  /** Waits for a step's end, and returns its result. */
  private JsonNode result(Submission submission) throws Exception {
    Path file = bucket.resultFile(submission.step());
    if (site.answersLate()) {
      await(() -> Files.exists(file) && Files.size(file) > 0, submission);
    } else {
      submission.process().waitFor();
    }
    JsonNode result = bucket.result(submission.step());
    assertThat(result.get("exit_code").asInt())
        .as("%s: %s%n%s", submission.step(), result, said(submission))
        .isEqualTo(submission.exitCode());
    return result;
  }

  /** The parameters that the same words make in one process, from the same data. */
  private String undisturbed() throws Exception {
    List<String> words = new ArrayList<>(site.steps().get("pretrain"));
    words = words.subList(words.indexOf("pretrain"), words.size());
    String key = String.join(" ", words).replace(bucket.uri(), "");
    if (!UNDISTURBED.containsKey(key)) {
      Path own = Files.createTempDirectory(directory, "undisturbed-");
      words.replaceAll(word -> word.replace(bucket.uri() + "/prepared", data()));
      words.replaceAll(word -> word.replace(bucket.uri(), own.toUri().toString()));
      words.addAll(0, List.of("--master", "local[2]"));
      Map<String, String> environment = Map.of("SPARK_SUBMIT_OPTS", YarnCluster.SHORT_LIVED);
      Run run = new Launcher(own).run(environment, words.toArray(String[]::new));
      assertThat(run.exitCode()).as(run.err()).isZero();
      List<String> lines = run.out().lines().toList();
      JsonNode result = Templates.parse(lines.get(lines.size() - 1));
      UNDISTURBED.put(key, result.get("params_sha256").asText());
    }
    return UNDISTURBED.get(key);
  }

  private String data() {
    return bucket.files().resolve("prepared").toUri().toString();
  }

  private static void await(Callable<Boolean> condition, Submission submission) throws Exception {
    while (!condition.call()) {
      if (!submission.process().isAlive() && !condition.call()) {
        throw new AssertionError("It ended too early: " + said(submission));
      }
      Thread.sleep(50);
    }
  }

  private static String said(Submission submission) throws IOException {
    return submission.step() + ":\n" + Files.readString(submission.err());
  }
}
