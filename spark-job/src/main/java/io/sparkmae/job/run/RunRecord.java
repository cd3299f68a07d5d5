package io.sparkmae.job.run;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkmae.job.config.ConfigKeys;
import io.sparkmae.job.config.ConfigLayers;
import io.sparkmae.job.config.RunConfig;
import io.sparkmae.job.store.BadModel;
import io.sparkmae.job.store.Json;
import io.sparkmae.job.store.ModelVersion;
import io.sparkmae.job.store.VersionWriter;
import io.sparkmae.job.train.TrainedGraph;
import io.sparkmae.model.MaeGraph;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The record of the run that made a version, in {@code state/run.json}.
 *
 * @param settings the run's {@link RunConfig#text}
 * @param place the run's workers and data
 * @param result the run's result line; null in a checkpoint
 * @param versions what wrote it, and what that ran on
 */
public record RunRecord(String settings, Place place, Object result, String versions) {

  private static final String FILE = "state/run.json";

  /**
   * The facts that determine a run's result besides its settings.
   *
   * @param workers number of workers
   * @param images number of images in the prepared data
   * @param dataSha256 of the prepared data's manifest
   */
  public record Place(int workers, long images, String dataSha256) {

    /** A placeholder for versions whose run does not matter. */
    public static final Place UNKNOWN = new Place(0, 0, "");
  }

  /** Adds the record to a version that is being written. */
  public static void write(VersionWriter version, RunConfig run, Place place, Object result)
      throws IOException {
    RunRecord record = new RunRecord(run.text(), place, result, Versions.text());
    version.file(FILE, out -> out.write(Json.pretty(record)));
  }

  /** Returns the result line of {@code version} if a run of equal settings made it. */
  public static Optional<Object> resultOf(ModelVersion version, RunConfig run) throws IOException {
    if (!version.has(FILE)) {
      return Optional.empty();
    }
    JsonNode record = read(version);
    boolean same = ConfigKeys.differences(record.path("settings").asText(), run).isEmpty();
    return same && record.hasNonNull("result")
        ? Optional.of(record.get("result"))
        : Optional.empty();
  }

  /** Returns whether {@code version} is a checkpoint of an unfinished run. */
  static boolean isCheckpoint(ModelVersion version) throws IOException {
    try {
      return version.has(FILE) && !read(version).hasNonNull("result");
    } catch (BadModel e) {
      return false; // unknown
    }
  }

  /**
   * What a report says of a run.
   *
   * @param images of the data set
   * @param versions empty where an older version wrote it
   */
  record Summary(String settings, long images, boolean finished, String versions) {}

  static Summary summary(ModelVersion version) throws IOException {
    JsonNode record = read(version);
    return new Summary(
        record.path("settings").asText(),
        record.path("place").path("images").asLong(),
        record.hasNonNull("result"),
        record.path("versions").asText("not recorded"));
  }

  /** Returns the number of workers of the run that made {@code checkpoint}. */
  static int workers(ModelVersion checkpoint) throws IOException {
    return read(checkpoint).path("place").path("workers").asInt();
  }

  /**
   * Checks that a run may continue from a checkpoint.
   *
   * @throws IllegalArgumentException if it may not; the message names the differences
   */
  static void requireSame(ModelVersion checkpoint, RunConfig run, Place place) throws IOException {
    JsonNode record = read(checkpoint);
    List<String> differences =
        new ArrayList<>(ConfigKeys.differences(record.path("settings").asText(), run));
    int workers = workers(checkpoint);
    if (workers != place.workers) {
      differences.add("workers are %d there and %d here".formatted(workers, place.workers));
    }
    if (!record.path("place").path("data_sha256").asText().equals(place.dataSha256)) {
      differences.add("the data's manifest is another");
    }
    if (!differences.isEmpty()) {
      throw new IllegalArgumentException(
          "Cannot resume %s: %s (give the same settings, another --output, or --resume never)"
              .formatted(checkpoint.uri(), String.join("; ", differences)));
    }
  }

  /** Returns the graph of the run that made {@code version}; its parameters are not initialised. */
  static MaeGraph graph(ModelVersion version, int iteration) throws IOException {
    JsonNode record = read(version);
    RunConfig run =
        ConfigLayers.ofText(record.path("settings").asText())
            .withPositionsOf(EncoderModel.description(version).config());
    JsonNode place = record.path("place");
    MaeGraph graph =
        TrainedGraph.blank(run, place.path("images").asLong(), place.path("workers").asInt());
    graph.getConfiguration().setIterationCount(iteration);
    return graph;
  }

  private static JsonNode read(ModelVersion version) throws IOException {
    return version.read(FILE, in -> Json.read(in, JsonNode.class));
  }
}
