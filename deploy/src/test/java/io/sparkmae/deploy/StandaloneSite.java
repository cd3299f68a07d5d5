package io.sparkmae.deploy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The README's lines for a cluster, typed into a shell whose user has set a standalone cluster up.
 * The photos are in HDFS; sizes, and the place of the driver, may be other than there.
 *
 * @param environment of the shell: the cluster, and keys to the bucket
 * @param deployMode {@code client}, as in the README, or {@code cluster}
 */
record StandaloneSite(
    Standalone cluster,
    Map<String, String> environment,
    String hdfs,
    Bucket bucket,
    String deployMode)
    implements Site {

  @Override
  public Map<String, List<String>> steps() throws IOException {
    Map<String, List<String>> steps = new HashMap<>();
    for (String line : readme().subList(1, 4)) {
      List<String> words =
          new ArrayList<>(List.of(line.split(" ")).subList(1, line.split(" ").length));
      add(steps, words.get(0), words);
    }
    List<String> pretrain = steps.get("pretrain");
    pretrain.set(pretrain.indexOf("--epochs") + 1, Integer.toString(Chain.EPOCHS));
    pretrain.addAll(List.of("--model", "mae_vit_tiny_patch16", "--workers", "2"));
    pretrain.addAll(List.of("--batch-size", "2", "--averaging-frequency", "2"));
    pretrain.addAll(Chain.SMALL);
    add(steps, "verify", new ArrayList<>(List.of("verify", "--model", "s3a://BUCKET/model")));
    add(steps, "refused", new ArrayList<>(List.of("verify", "--model", "s3a://BUCKET/none")));
    steps.values().forEach(words -> words.replaceAll(this::here));
    return steps;
  }

  private static void add(Map<String, List<String>> steps, String name, List<String> words) {
    words.addAll(List.of("--result", "s3a://BUCKET/results/" + name + ".json"));
    steps.put(name, words);
  }

  private String here(String word) {
    return word.replace("s3a://BUCKET/photos", hdfs + "/photos")
        .replace("s3a://BUCKET", bucket.uri());
  }

  /** The commands of the README's first block about clusters. */
  private static List<String> readme() throws IOException {
    String text = Files.readString(Path.of("..", "README.md"));
    String chapter = text.substring(text.indexOf("\n## The same on a cluster\n"));
    List<String> lines = chapter.split("```bash\n")[1].split("```")[0].lines().toList();
    if (lines.size() != 4) {
      throw new AssertionError("The README's block has other lines: " + lines);
    }
    return lines;
  }

  @Override
  public ProcessBuilder submission(List<String> words) throws IOException {
    String submit = readme().get(0);
    if (inCluster()) {
      submit = submit.replace("spark-submit ", "spark-submit --deploy-mode cluster ");
    }
    String script = submit + "\n$submit " + String.join(" ", words);
    ProcessBuilder shell =
        new ProcessBuilder("bash", "-c", script).directory(Path.of("..").toFile());
    shell.environment().clear();
    shell.environment().putAll(environment);
    return shell;
  }

  @Override
  public List<ProcessHandle> executors() {
    return cluster.processes("CoarseGrainedExecutorBackend");
  }

  @Override
  public List<ProcessHandle> drivers() {
    return inCluster()
        ? cluster.processes("deploy.worker.DriverWrapper")
        : YarnCluster.processes("deploy.SparkSubmit");
  }

  /** A standalone master's spark-submit answers 0 whatever became of the driver. */
  @Override
  public int answer(int exitCode) {
    return inCluster() ? 0 : exitCode;
  }

  @Override
  public boolean answersLate() {
    return inCluster();
  }

  @Override
  public boolean triesAgain() {
    return false;
  }

  private boolean inCluster() {
    return deployMode.equals("cluster");
  }
}
