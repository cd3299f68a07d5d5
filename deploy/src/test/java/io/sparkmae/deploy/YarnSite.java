package io.sparkmae.deploy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The steps of the EMR template, with its settings, on a YARN of this machine. Sizes, and the place
 * of the driver, may be other than there.
 *
 * @param deployMode {@code cluster}, as in the template, or {@code client}
 */
record YarnSite(YarnCluster yarn, Bucket bucket, String deployMode) implements Site {

  @Override
  public Map<String, List<String>> steps() throws IOException {
    Map<String, List<String>> steps = new HashMap<>();
    for (JsonNode step : Templates.json("emr/steps.json")) {
      List<String> words = Templates.strings(step.get("Args"));
      int main = words.indexOf("--class");
      List<String> ours = new ArrayList<>(words.subList(1, main));
      ours.addAll(words.subList(main + 3, words.size()));
      steps.put(step.get("Name").asText(), ours);
    }
    shrink(steps.get("pretrain"));
    steps.put("verify", verify("verify", "model"));
    steps.put("refused", verify("refused", "none"));
    if (inCluster()) {
      steps.put("again", again(steps.get("pretrain")));
      steps.put("help", words("help", "pretrain", "--help"));
    }
    steps.values().forEach(words -> words.replaceAll(this::here));
    return steps;
  }

  private String here(String word) {
    if (!inCluster() && word.equals("spark.yarn.maxAppAttempts=3")) {
      return "spark.yarn.maxAppAttempts=1"; // more would look for a driver that has ended
    }
    return word.equals("cluster")
        ? deployMode
        : word.replace("s3://BUCKET/photos", yarn.hdfs() + "/photos")
            .replace("s3://BUCKET", bucket.uri());
  }

  private static void shrink(List<String> words) {
    Map.of(
            "--model", "mae_vit_tiny_patch16",
            "--epochs", Integer.toString(Chain.EPOCHS),
            "--workers", "2",
            "--batch-size", "2",
            "--averaging-frequency", "2")
        .forEach((option, value) -> words.set(words.indexOf(option) + 1, value));
    words.addAll(Chain.SMALL);
  }

  private static List<String> verify(String result, String model) {
    return words(result, "verify", "--model", "s3://BUCKET/" + model);
  }

  private static List<String> words(String result, String... command) {
    List<String> words = new ArrayList<>(List.of("--deploy-mode", "cluster"));
    words.addAll(List.of(command));
    words.addAll(List.of("--result", "s3://BUCKET/results/" + result + ".json"));
    return words;
  }

  private static List<String> again(List<String> pretrain) {
    return pretrain.stream()
        .map(word -> word.replace("results/pretrain", "results/again"))
        .collect(Collectors.toCollection(ArrayList::new));
  }

  @Override
  public ProcessBuilder submission(List<String> words) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of("bin", "mae").toAbsolutePath().toString());
    command.addAll(yarn.options());
    command.addAll(words);
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().putAll(yarn.environment());
    return builder;
  }

  @Override
  public List<ProcessHandle> executors() {
    return YarnCluster.processes("YarnCoarseGrainedExecutorBackend");
  }

  @Override
  public List<ProcessHandle> drivers() {
    return YarnCluster.processes(
        inCluster() ? "deploy.yarn.ApplicationMaster" : "deploy.SparkSubmit");
  }

  @Override
  public int answer(int exitCode) {
    return inCluster() ? Math.min(exitCode, 1) : exitCode;
  }

  @Override
  public boolean answersLate() {
    return false;
  }

  @Override
  public boolean triesAgain() {
    return inCluster();
  }

  private boolean inCluster() {
    return deployMode.equals("cluster");
  }
}
