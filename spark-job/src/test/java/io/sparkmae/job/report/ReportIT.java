package io.sparkmae.job.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkmae.job.Commands;
import io.sparkmae.job.LocalSpark;
import io.sparkmae.job.demo.DemoImages;
import io.sparkmae.job.store.Directory;
import io.sparkmae.job.store.Json;
import io.sparkmae.job.track.EventFile;
import io.sparkmae.job.track.MlflowServer;
import io.sparkmae.job.track.MlflowServer.Manner;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What runs leave to look at, and what they tell MLflow; the classes include a hostile name. */
class ReportIT {

  private static final String HOSTILE = "<img src=x onerror=harmed>";
  private static final Pattern DATA =
      Pattern.compile("<script type=\"application/json\" id=\"data\">(.*)</script>");

  @TempDir static Path directory;
  private static SparkSession spark;
  private static Browser browser; // null before the first look, and where there is none
  private static JsonNode pretrained;
  private static double seconds; // of a run without a tracker, warm

  @BeforeAll
  static void train() throws Exception {
    spark = LocalSpark.on("local[2]");
    Path images = directory.resolve("images");
    DemoImages.render(Directory.at(images.toString(), new Configuration()), 8, 0);
    Files.move(images.resolve("checkers"), images.resolve(HOSTILE));
    Commands.result("prepare", "--input", images.toString(), "--output", at("data"));
    pretrained = pretrain("model", "--checkpoint-rounds", "1");
    long start = System.nanoTime();
    assertThat(sha(pretrain("plain"))).isEqualTo(sha(pretrained)); // pictures change no bit
    seconds = (System.nanoTime() - start) / 1e9;
  }

  @AfterAll
  static void stopSpark() {
    spark.stop();
    if (browser != null) {
      browser.close();
    }
  }

  /** Looks at a page in a browser, where there is one. */
  private static void look(Path page, String name) throws Exception {
    if (browser == null && Browser.program().isPresent()) {
      browser = Browser.start(Browser.program().get(), directory.resolve("profile"));
    }
    if (browser != null) {
      browser.open(page, 390, 844, "light");
      Files.createDirectories(Path.of("target", "report"));
      browser.screenshot(Path.of("target", "report", name + ".png"));
      assertThat(browser.complaints()).isEmpty();
      assertThat(browser.requests()).isEqualTo(List.of(page.toUri().toString()));
      assertThat(browser.evaluate("document.documentElement.scrollWidth").asInt()).isEqualTo(390);
    }
  }

  @Test
  void aVersionHasAReportOfEverythingAndEventsForTensorBoard() throws Exception {
    JsonNode run = report(path(pretrained, Report.FILE)).path("runs").path(0);
    int rounds = Files.readAllLines(path(pretrained, "metrics.jsonl")).size();
    assertThat(run.path("curves").path("loss")).hasSize(rounds);
    run.path("curves")
        .path("gradient_norm")
        .forEach(norm -> assertThat(norm.asDouble()).isPositive());
    assertThat(run.path("workers")).hasSize(2);
    long images = 0;
    for (JsonNode worker : run.path("workers")) {
      images += worker.path("images").asLong();
      assertThat(worker.path("seconds_computing").asDouble()).isPositive();
    }
    assertThat(images).isEqualTo(pretrained.path("images").asLong());
    assertThat(run.path("facts").toString())
        .contains("image 32 px", "Spark 3.", "Java 17", "cores", "data");
    JsonNode strips = run.path("galleries").path(1);
    assertThat(strips.path("strips").asBoolean()).isTrue();
    assertThat(strips.path("pictures").size()).isBetween(5, 3 + 7);
    assertThat(Files.size(path(pretrained, EventFile.FILE))).isGreaterThan(40 + 100L * rounds);
    look(path(pretrained, Report.FILE), "real-pretraining");
  }

  @ParameterizedTest
  @EnumSource(Manner.class)
  void aTrackerChangesNeitherTheBitsNorTheTime(Manner manner) throws Exception {
    try (MlflowServer server = MlflowServer.start(manner)) {
      long start = System.nanoTime();
      JsonNode result = pretrain("tracked-" + manner, "--mlflow-uri", server.uri());
      assertThat((System.nanoTime() - start) / 1e9).isLessThan(3 * seconds + 3);
      assertThat(sha(result)).isEqualTo(sha(pretrained));
      assertThat(server.paths()).isNotEmpty();
      if (manner == Manner.ANSWERS) {
        assertThat(server.status()).isEqualTo("FINISHED");
        assertThat(server.batches().toString())
            .contains("train.base-lr", "gradient_norm", "result/loss");
      } else {
        assertThat(server.status()).isNull();
        assertThat(Commands.stderr()).doesNotContain("\tat ");
      }
    }
  }

  @Test
  void aFineTuningRunShowsAccuracyConfusionAndMistakes() throws Exception {
    JsonNode tuned =
        Commands.result(
            ("finetune --model %s --data %s --test %s --output %s --epochs 2 --batch-size 16 --workers 2")
                .formatted(at("model"), at("data"), at("data"), at("tuned"))
                .split(" "));
    Path page = path(tuned, Report.FILE);
    assertThat(Files.readString(page)).doesNotContain(HOSTILE);
    JsonNode run = report(page).path("runs").path(0);
    assertThat(run.path("accuracy")).hasSize(2);
    long judged = 0;
    long right = 0;
    for (JsonNode cell : run.path("confusion").path("cells")) {
      judged += cell.path(2).asLong();
      right += cell.path(0).asInt() == cell.path(1).asInt() ? cell.path(2).asLong() : 0;
    }
    assertThat(judged).isEqualTo(64);
    assertThat((double) right / judged).isEqualTo(tuned.path("top1").asDouble());
    assertThat(run.path("confusion").path("classes").toString()).contains(HOSTILE);
    JsonNode wrong = run.path("galleries").path(0).path("pictures");
    assertThat(wrong).hasSize((int) Math.min(12, judged - right));
    assertThat(wrong.path(0).path("caption").asText()).contains(", taken for ");
    look(page, "real-finetuning");
  }

  @Test
  void theReportCommandLaysRunsOverEachOther() throws Exception {
    pretrain("other", "--base-lr", "0.005");
    JsonNode result =
        Commands.result(
            "report",
            "--model",
            at("model"),
            at("other"),
            at("model/v000001"),
            "--output",
            at("page.html"));
    assertThat(result.path("runs").asInt()).isEqualTo(3);
    JsonNode runs = report(directory.resolve("page.html")).path("runs");
    assertThat(runs.findValuesAsText("name")).containsExactly("model", "other", "v000001");
    assertThat(runs.path(1).path("settings").path("train.base-lr").asDouble()).isEqualTo(0.005);
    assertThat(runs.path(0).path("settings").path("train.base-lr").asDouble()).isEqualTo(0.02);
    assertThat(runs.path(2).path("facts").path("state").asText()).startsWith("unfinished");
    look(directory.resolve("page.html"), "real-several");
    assertThat(Commands.exitCode("report", "--model", at("none"), "--output", at("no.html")))
        .isEqualTo(3);
  }

  private static JsonNode pretrain(String output, String... more) throws Exception {
    List<String> words =
        new ArrayList<>(
            List.of(
                ("pretrain --data %s --output %s --model mae_vit_tiny_patch16 --image-size 32 --epochs 3 "
                        + "--batch-size 8 --workers 2 --averaging-frequency 2 --base-lr 0.02 --keep-last 9 "
                        + "--set model.patch-size=8 model.embed-dim=48 model.depth=2 model.num-heads=3 "
                        + "model.decoder-embed-dim=32 model.decoder-depth=1 model.decoder-num-heads=4")
                    .formatted(at("data"), at(output))
                    .split(" ")));
    for (int i = 0; i < more.length; i += 2) {
      if (words.contains(more[i])) {
        words.set(words.indexOf(more[i]) + 1, more[i + 1]);
      } else {
        words.addAll(1, List.of(more[i], more[i + 1]));
      }
    }
    return Commands.result(words.toArray(String[]::new));
  }

  private static String sha(JsonNode result) {
    return result.path("params_sha256").asText();
  }

  private static JsonNode report(Path page) throws Exception {
    Matcher found = DATA.matcher(Files.readString(page));
    assertThat(found.find()).isTrue();
    return Json.parse(found.group(1), JsonNode.class);
  }

  private static Path path(JsonNode result, String file) {
    return Path.of(result.path("version").asText().replaceFirst("^file:/*", "/")).resolve(file);
  }

  private static String at(String name) {
    return directory.resolve(name).toString();
  }
}
