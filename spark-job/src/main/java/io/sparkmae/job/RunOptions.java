package io.sparkmae.job;

import io.sparkmae.job.config.ConfigKeys;
import io.sparkmae.job.config.RunConfig;
import io.sparkmae.job.run.RunRecord;
import io.sparkmae.job.store.Json;
import io.sparkmae.job.store.ModelStore;
import io.sparkmae.job.track.MlflowRun;
import io.sparkmae.job.track.Tracker;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of the commands that train. */
final class RunOptions {

  /** What becomes of an earlier call's work. */
  enum Resume {
    /** A finished run is the result, at once; an unfinished one goes on from its checkpoint. */
    AUTO,
    /** Training starts at the beginning. */
    NEVER
  }

  /** The options that give settings of a run. */
  static final class SettingsOptions {

    @Option(
        names = "--config",
        paramLabel = "URI|recipe:NAME",
        description = "A HOCON file, or one that the job brings; flags override it.")
    private String config;

    @Option(
        names = "--set",
        arity = "1..*",
        paramLabel = "KEY=VALUE",
        description = "Any setting by its key, such as model.embed-dim=192.")
    private Map<String, String> values = new LinkedHashMap<>();

    /** Returns the URI of a file of settings; null for none. */
    String config() {
      return config;
    }

    Map<String, String> values() {
      return values;
    }
  }

  @Mixin private SettingsOptions settings;

  @Option(names = "--force", description = "Runs bf16 also where the processor is slow at it.")
  private boolean force;

  @Option(
      names = "--resume",
      paramLabel = "auto|never",
      defaultValue = "auto",
      description =
          "auto goes on from the last checkpoint, and answers at once if the run is finished.")
  private Resume resume;

  @Option(
      names = "--mlflow-uri",
      paramLabel = "URI",
      description =
          "An MLflow server that is told of the run; unless given, the environment's MLFLOW_TRACKING_URI, or none.")
  private String mlflow;

  @Option(
      names = "--mlflow-experiment",
      paramLabel = "NAME",
      description =
          "The experiment there; unless given, the environment's MLFLOW_EXPERIMENT_NAME, or spark-mae.")
  private String experiment;

  /** Work that tells a tracker of its rounds. */
  @FunctionalInterface
  interface Tracked {

    Object run(Tracker tracker) throws IOException;
  }

  /** Returns the result of {@code work}, of which the user's tracker is told, if there is one. */
  Object tracked(String output, RunConfig run, Tracked work) throws IOException {
    try (Tracker tracker = tracker(output, run)) {
      Object result = work.run(tracker);
      tracker.finished(figures(result));
      return result;
    }
  }

  private Tracker tracker(String output, RunConfig run) {
    String uri = given(mlflow, "MLFLOW_TRACKING_URI", "");
    return uri.isEmpty()
        ? Tracker.OFF
        : Tracker.of(
            new MlflowRun(
                uri,
                given(experiment, "MLFLOW_EXPERIMENT_NAME", "spark-mae"),
                output,
                ConfigKeys.values(run.text())));
  }

  private static String given(String option, String variable, String otherwise) {
    String value = option != null ? option : System.getenv(variable);
    return value == null || value.isBlank() ? otherwise : value;
  }

  private static Map<String, Double> figures(Object result) {
    Map<String, Double> figures = new LinkedHashMap<>();
    Json.fields(result)
        .forEach(
            (name, value) -> {
              if (value instanceof Number number) {
                figures.put(name, number.doubleValue());
              }
            });
    return figures;
  }

  SettingsOptions settings() {
    return settings;
  }

  boolean force() {
    return force;
  }

  /** Returns whether an earlier call's work is used. */
  boolean goesOn() {
    return resume == Resume.AUTO;
  }

  /**
   * Returns the result of a finished run of equal settings in {@code output}, if it may be used.
   *
   * @throws IllegalArgumentException if the output is the data's directory
   */
  Optional<Object> finished(String output, RunConfig run, Configuration hadoop) throws IOException {
    ModelStore.requireApart(output, run.data().uri(), "the data's", hadoop);
    return goesOn()
        ? ModelStore.at(output, hadoop)
            .read(version -> RunRecord.resultOf(version, run).orElse(null))
        : Optional.empty();
  }
}
