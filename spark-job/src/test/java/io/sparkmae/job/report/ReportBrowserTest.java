package io.sparkmae.job.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Pages in a real browser, where there is one; screenshots stay in {@code target/report}. */
class ReportBrowserTest {

  // a chart is drawn if its canvas has other pixels than its first one
  private static final String DRAWN =
      """
      [...document.querySelectorAll("canvas")].map((canvas) => {
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        return new Set(new Uint32Array(data.buffer)).size;
      })""";

  private static final String ENDS =
      """
      [...document.querySelectorAll(".chart")]
        .map((box) => echarts.getInstanceByDom(box).getModel().getComponent("xAxis"))
        .filter((axis) => axis.get("name") === "epoch")
        .map((axis) => axis.axis.scale.getExtent()[1])""";

  private static final Path SHOTS = Path.of("target", "report");

  @TempDir static Path profile;
  private static Browser browser; // null where there is none

  @BeforeAll
  static void start() throws Exception {
    Files.createDirectories(SHOTS);
    write("pretraining", Samples.pretraining("vit-b v000012", 3000, 1));
    write("finetuning", Samples.fineTuning());
    write(
        "several",
        Samples.pretraining("a", 300, 1),
        Samples.pretraining("b", 400, 1.3),
        Samples.fineTuning());
    if (Browser.program().isPresent()) {
      browser = Browser.start(Browser.program().get(), profile);
    }
  }

  private static void write(String name, RunView... runs) throws Exception {
    Files.writeString(SHOTS.resolve(name + ".html"), ReportTest.page(name, runs));
  }

  @AfterAll
  static void stop() {
    if (browser != null) {
      browser.close();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "pretraining, 1280, light, 6",
    "pretraining, 1280, dark, 6",
    "pretraining, 390, light, 6",
    "finetuning, 1280, light, 7",
    "finetuning, 390, dark, 7",
    "several, 1280, dark, 8",
    "several, 390, light, 8",
  })
  void chartsAreDrawnWithoutComplaintRequestOrScrolling(
      String name, int width, String scheme, int charts) throws Exception {
    assumeTrue(browser != null, "neither chromium nor google-chrome is on the PATH");
    Path page = SHOTS.resolve(name + ".html").toAbsolutePath();
    browser.open(page, width, 844, scheme);
    browser.screenshot(SHOTS.resolve(name + "-" + width + "-" + scheme + ".png"));
    assertThat(browser.complaints()).isEmpty();
    assertThat(browser.requests()).isEqualTo(List.of(page.toUri().toString()));
    assertThat(browser.evaluate("window.harmed === undefined").asBoolean()).isTrue();
    assertThat(browser.evaluate("document.documentElement.scrollWidth").asInt())
        .isLessThanOrEqualTo(width);
    assertThat(browser.evaluate("getComputedStyle(document.body).backgroundColor").asText())
        .isEqualTo(scheme.equals("dark") ? "rgb(13, 17, 23)" : "rgb(255, 255, 255)");
    assertThat(
            browser.evaluate("[...document.images].every((i) => i.naturalWidth > 0)").asBoolean())
        .isTrue();
    JsonNode ends = browser.evaluate(ENDS);
    ends.forEach(end -> assertThat(end.asDouble()).isIn(30.0, 100.0)); // epochs of the samples
    JsonNode colours = browser.evaluate(DRAWN);
    assertThat(colours).hasSize(charts);
    colours.forEach(count -> assertThat(count.asInt()).isGreaterThan(20));
  }
}
