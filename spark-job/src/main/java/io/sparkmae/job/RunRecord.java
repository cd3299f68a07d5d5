package io.sparkmae.job;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkmae.job.store.Json;
import io.sparkmae.job.store.ModelVersion;
import io.sparkmae.job.store.VersionWriter;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/**
 * What a version says about the run that made it, in {@code state/run.json}.
 *
 * @param settings the run's {@link RunConfig#text}
 * @param result the run's result line
 */
public record RunRecord(String settings, Object result) {

  private static final String FILE = "state/run.json";

  /** Adds the record to a version that is being written. */
  public static void write(VersionWriter version, RunConfig run, Object result) throws IOException {
    version.file(FILE, out -> out.write(Json.pretty(new RunRecord(run.text(), result))));
  }

  /** The result line of {@code version} if a run of equal settings made it. */
  static Optional<Object> resultOf(ModelVersion version, RunConfig run) throws IOException {
    if (!version.has(FILE)) {
      return Optional.empty();
    }
    try (InputStream in = version.open(FILE)) {
      JsonNode record = Json.read(in, JsonNode.class);
      boolean same = record.path("settings").asText().equals(run.text());
      return same ? Optional.of(record.get("result")) : Optional.empty();
    }
  }
}
