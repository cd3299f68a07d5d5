package io.sparkmae.job.track;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkmae.job.track.MlflowServer.Manner;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TrackerTest {

  private static final int MOMENTS = 10_000; // more than the queue holds

  @Test
  void aServerThatAnswersGetsSettingsFiguresAndTheResult() throws Exception {
    Map<String, String> settings = new TreeMap<>();
    for (int i = 0; i < 130; i++) {
      settings.put("a.key-" + i, "v".repeat(5 * i + 5));
    }
    settings.put("nothing", "");
    try (MlflowServer server = MlflowServer.start(Manner.ANSWERS)) {
      try (Tracker tracker = Tracker.of(run(server, settings))) {
        for (int step = 1; step <= 300; step++) {
          tracker.log(moment(step));
        }
        until(() -> server.batches().size() > 2);
        tracker.finished(Map.of("loss", 0.25));
      }
      assertThat(server.status()).isEqualTo("FINISHED");
      assertThat(server.created().path("run_name").asText()).isEqualTo("a name");
      Map<String, String> params = new HashMap<>();
      Map<Long, Double> losses = new TreeMap<>();
      Map<String, Double> result = new HashMap<>();
      for (JsonNode batch : server.batches()) {
        assertThat(batch.path("params").size()).isLessThanOrEqualTo(100);
        assertThat(batch.path("metrics").size()).isLessThanOrEqualTo(1000);
        batch
            .path("params")
            .forEach(p -> params.put(p.path("key").asText(), p.path("value").asText()));
        for (JsonNode metric : batch.path("metrics")) {
          if (metric.path("key").asText().startsWith("result/")) {
            result.put(metric.path("key").asText(), metric.path("value").asDouble());
          } else {
            losses.put(metric.path("step").asLong(), metric.path("value").asDouble());
          }
        }
      }
      assertThat(params).hasSize(130).containsEntry("a.key-0", "vvvvv");
      assertThat(params.get("a.key-129")).hasSize(500);
      assertThat(losses).hasSize(300).containsEntry(100L, 0.01);
      assertThat(result).containsEntry("result/loss", 0.25);
    }
  }

  @Test
  void aRunThatDoesNotFinishHasFailed() throws Exception {
    try (MlflowServer server = MlflowServer.start(Manner.ANSWERS)) {
      try (Tracker tracker = Tracker.of(run(server, Map.of()))) {
        until(() -> server.created() != null);
        tracker.log(moment(1));
        until(() -> server.batches().size() > 0);
      }
      assertThat(server.status()).isEqualTo("FAILED");
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"FAILS", "HANGS"})
  void aServerThatDoesNotAnswerCostsTheRunNoTime(Manner manner) throws Exception {
    try (MlflowServer server = MlflowServer.start(manner)) {
      long start = System.nanoTime();
      try (Tracker tracker = Tracker.of(run(server, Map.of()))) {
        for (int step = 1; step <= MOMENTS; step++) {
          tracker.log(moment(step));
        }
        until(() -> !server.paths().isEmpty());
        tracker.finished(Map.of());
      }
      assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start)).isLessThan(3000);
      assertThat(server.status()).isNull();
    }
  }

  @Test
  void whereNobodyListensTheRunGoesOn() {
    MlflowRun nobody = new MlflowRun("http://127.0.0.1:1", "e", "a name", Map.of());
    long start = System.nanoTime();
    try (Tracker tracker = Tracker.of(nobody)) {
      tracker.log(moment(1));
    }
    assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start)).isLessThan(3000);
  }

  @Test
  void aServerThatRecoversGetsWhatComesThen() throws Exception {
    try (MlflowServer server = MlflowServer.start(Manner.FAILS);
        Tracker tracker = Tracker.of(run(server, Map.of()))) {
      until(() -> !server.paths().isEmpty());
      server.becomes(Manner.ANSWERS);
      tracker.log(moment(5));
      until(() -> server.batches().stream().anyMatch(batch -> batch.has("metrics")));
      assertThat(server.created()).isNotNull();
    }
  }

  @Test
  void aServersAddressIsSaidWithoutThePassword() {
    assertThat(new MlflowRun("https://user:secret@host/x", "e", "n", Map.of()).server())
        .isEqualTo("https://host/x");
    assertThat(MlflowRun.withoutUser("no answer of http://u:p@a_host:5000, nor http://b/c@d"))
        .isEqualTo("no answer of http://a_host:5000, nor http://b/c@d");
  }

  private static MlflowRun run(MlflowServer server, Map<String, String> settings) {
    return new MlflowRun(server.uri(), "an experiment", "a name", settings);
  }

  private static Scalars moment(long step) {
    return new Scalars(step, 1.7e9, Map.of("loss", 1.0 / step));
  }

  private interface Condition {
    boolean holds() throws IOException;
  }

  private static void until(Condition condition) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!condition.holds()) {
      assertThat(System.nanoTime()).isLessThan(end);
      Thread.sleep(20);
    }
  }
}
