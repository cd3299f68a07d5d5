package io.sparkmae.job.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkmae.job.store.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class ReportTest {

  private static final Pattern DATA =
      Pattern.compile("<script type=\"application/json\" id=\"data\">(.*)</script>");

  @Test
  void everythingIsInTheFileAndItsPolicyLetsNothingElseIn() throws IOException {
    String page = page("run", Samples.pretraining("run", 200, 1));
    assertThat(page)
        .startsWith("<!DOCTYPE html>")
        .contains("default-src 'none'; img-src data:;")
        .contains("Licensed to the Apache Software Foundation")
        .doesNotContain("{{");
    String own = page.replace(library(), "");
    assertThat(own).doesNotContain("http:").doesNotContain("https:").doesNotContain("@import");
    assertThat(own).doesNotContainPattern("<[a-z]+ [^>]*(src|href)=");
    assertThat(count(page, "<script")).isEqualTo(3 + count(library(), "<script"));
    assertThat(count(page, "</script>")).isEqualTo(3);
  }

  @Test
  void theDataAreOneJsonObjectWithWhatTheRunWas() throws IOException {
    JsonNode run = data(page("a run", Samples.pretraining("one", 200, 1))).path("runs").path(0);
    assertThat(run.path("name").asText()).isEqualTo("one");
    assertThat(run.path("curves").path("loss")).hasSize(200);
    assertThat(run.path("workers")).hasSize(4);
    assertThat(run.path("settings").path("train.epochs").asText()).isEqualTo("100");
  }

  @Test
  void namesOfUsersStayText() throws IOException {
    String page = page(Samples.HOSTILE, Samples.fineTuning());
    assertThat(page)
        .doesNotContain("<img src=x")
        .contains("<title>&lt;/script>&lt;img src=x onerror=\"window.harmed=1\"></title>");
    JsonNode data = data(page);
    assertThat(data.path("title").asText()).isEqualTo(Samples.HOSTILE);
    assertThat(data.path("runs").path(0).path("confusion").path("classes").path(6).asText())
        .isEqualTo(Samples.HOSTILE);
  }

  @Test
  void aLongRunIsThinnedAndKeepsItsMeans() throws IOException {
    int rounds = 200_000;
    Curves curves = Curves.of(Samples.metrics(rounds, 1));
    assertThat(curves.rounds()).isEqualTo(rounds);
    assertThat(curves.loss()).hasSizeLessThanOrEqualTo(Curves.MOST_POINTS);
    assertThat(curves.roundsPerPoint()).isEqualTo(134);
    assertThat(curves.epoch().get(curves.epoch().size() - 1)).isEqualTo(100.0);
    double mean =
        Samples.metrics(rounds, 1).subList(0, 134).stream()
            .mapToDouble(metric -> metric.loss())
            .average()
            .orElseThrow();
    assertThat(curves.loss().get(0)).isCloseTo(mean, within(1e-4));
    assertThat(page("long", Samples.pretraining("long", rounds, 1)).length())
        .isLessThan(library().length() + 400_000);
  }

  @Test
  void aRunWithoutARoundHasAPageToo() throws IOException {
    assertThat(Curves.of(List.of()).loss()).isEmpty();
    assertThat(data(page("none", Samples.pretraining("none", 0, 1))).path("runs")).hasSize(1);
  }

  @Test
  void ofManyClassesThoseThatWereMistakenMostOftenAreShown() {
    List<String> classes = new ArrayList<>();
    List<long[]> cells = new ArrayList<>();
    for (int label = 0; label < 1000; label++) {
      classes.add("class " + label);
      cells.add(new long[] {label, label, 50});
      cells.add(new long[] {label, (label + 1) % 1000, label});
    }
    ConfusionMap confusion = ConfusionMap.of(classes, Samples.confusion(cells));
    assertThat(confusion.classes()).hasSize(64).startsWith("class 936").endsWith("class 999");
    assertThat(confusion.left()).isEqualTo(936);
    assertThat(confusion.cells()).contains(List.of(0L, 0L, 50L), List.of(0L, 1L, 936L));
  }

  static String page(String title, RunView... runs) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Report.page(title, List.of(runs)).writeTo(out);
    return out.toString(StandardCharsets.UTF_8);
  }

  private static JsonNode data(String page) throws IOException {
    Matcher found = DATA.matcher(page);
    assertThat(found.find()).isTrue();
    return Json.parse(found.group(1), JsonNode.class);
  }

  private static String library() throws IOException {
    return new String(
        Report.class.getResourceAsStream(Report.CHARTS).readAllBytes(), StandardCharsets.UTF_8);
  }

  private static int count(String text, String part) {
    return text.split(Pattern.quote(part), -1).length - 1;
  }
}
