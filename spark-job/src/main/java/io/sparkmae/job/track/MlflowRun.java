package io.sparkmae.job.track;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.mlflow.api.proto.Service.CreateRun;
import org.mlflow.api.proto.Service.Experiment;
import org.mlflow.api.proto.Service.Metric;
import org.mlflow.api.proto.Service.Param;
import org.mlflow.api.proto.Service.RunStatus;
import org.mlflow.api.proto.Service.RunTag;
import org.mlflow.tracking.MlflowClient;

/**
 * A run on an MLflow server, made with the first request that succeeds. Every request has {@value
 * #SECONDS} s: the client has no time-out of its own, so it is closed under a request that takes
 * longer, and a new one is made for the next.
 */
public final class MlflowRun implements AutoCloseable {

  private static final int SECONDS = 10;
  private static final int PARAMS = 100; // of one request, MLflow's limit
  private static final int PARAM_LENGTH = 500; // the least of all versions' limits

  private final String uri;
  private final String experiment;
  private final String name;
  private final Map<String, String> settings;
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "mae-mlflow-clock");
            thread.setDaemon(true);
            return thread;
          });
  private volatile MlflowClient client; // null: none yet, or it was closed
  private volatile boolean answers;
  private String id; // null until the server has the run

  /**
   * Describes a run; asks the server nothing yet.
   *
   * @param uri as MLflow's clients take it: {@code http://…}, {@code https://…}, {@code databricks}
   * @param experiment its name; made if it is not there
   * @param name shown for the run
   * @param settings key → value
   */
  public MlflowRun(String uri, String experiment, String name, Map<String, String> settings) {
    this.uri = uri;
    this.experiment = experiment;
    this.name = name;
    this.settings = Map.copyOf(settings);
  }

  /** Returns the server's address, without user and password. */
  String server() {
    return withoutUser(uri);
  }

  /** Returns a text without what addresses in it say before their host. */
  static String withoutUser(String text) {
    return text.replaceAll("//[^/@\\s]*@", "//");
  }

  private interface Request<T> {
    T send(MlflowClient client);
  }

  /** Returns whether the server answered the last request that is over. */
  boolean answers() {
    return answers;
  }

  /** Sends figures; without any, makes sure that the server has the run. */
  void log(List<Scalars> moments) {
    begin();
    if (moments.isEmpty()) {
      return;
    }
    List<Metric> metrics = new ArrayList<>();
    for (Scalars moment : moments) {
      moment.values().forEach((key, value) -> metrics.add(metric(key, value, moment)));
    }
    logBatch(metrics, List.of());
  }

  /**
   * Ends the run on the server.
   *
   * @param result figures to keep as {@code result/…}; null if the run failed
   */
  void end(Map<String, Double> result) {
    begin();
    if (result != null) {
      Scalars last = new Scalars(0, System.currentTimeMillis() / 1e3, result);
      List<Metric> metrics = new ArrayList<>();
      result.forEach((key, value) -> metrics.add(metric("result/" + key, value, last)));
      logBatch(metrics, List.of());
    }
    RunStatus status = result == null ? RunStatus.FAILED : RunStatus.FINISHED;
    within(
        server -> {
          server.setTerminated(id, status);
          return null;
        });
  }

  /** Lets a request that is under way fail. */
  void abort() {
    MlflowClient current = client;
    client = null;
    if (current != null) {
      current.close();
    }
  }

  @Override
  public void close() {
    clock.shutdownNow();
    abort();
  }

  private void begin() {
    if (id != null) {
      return;
    }
    Optional<Experiment> known = within(server -> server.getExperimentByName(experiment));
    String parent =
        known.isPresent()
            ? known.get().getExperimentId()
            : within(server -> server.createExperiment(experiment));
    CreateRun run =
        CreateRun.newBuilder()
            .setExperimentId(parent)
            .setRunName(name)
            .setStartTime(System.currentTimeMillis())
            .addTags(RunTag.newBuilder().setKey("mlflow.runName").setValue(name))
            .build();
    id = within(server -> server.createRun(run)).getRunId();
    logSettings();
  }

  private void logSettings() {
    List<Param> params = new ArrayList<>();
    settings.forEach(
        (key, value) -> {
          if (!value.isEmpty()) { // which some servers refuse
            params.add(param(key, value));
          }
        });
    for (int from = 0; from < params.size(); from += PARAMS) {
      logBatch(List.of(), params.subList(from, Math.min(from + PARAMS, params.size())));
    }
  }

  private void logBatch(List<Metric> metrics, List<Param> params) {
    within(
        server -> {
          server.logBatch(id, metrics, params, List.of());
          return null;
        });
  }

  private static Param param(String key, String value) {
    String text = value.length() > PARAM_LENGTH ? value.substring(0, PARAM_LENGTH) : value;
    return Param.newBuilder().setKey(key).setValue(text).build();
  }

  private static Metric metric(String key, double value, Scalars moment) {
    return Metric.newBuilder()
        .setKey(key)
        .setValue(value)
        .setStep(moment.step())
        .setTimestamp(Math.round(1000 * moment.time()))
        .build();
  }

  private <T> T within(Request<T> request) {
    MlflowClient current = client;
    if (current == null) {
      current = new MlflowClient(uri);
      client = current;
    }
    ScheduledFuture<?> end = clock.schedule(this::abort, SECONDS, TimeUnit.SECONDS);
    try {
      T answer = request.send(current);
      answers = true;
      return answer;
    } catch (RuntimeException e) {
      answers = false;
      abort(); // a connection may be half-used
      throw e;
    } finally {
      end.cancel(false);
    }
  }
}
