package io.sparkmae.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkmae.job.demo.DemoImages;
import io.sparkmae.job.store.Directory;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The README's lines for a cluster, typed into a shell, on a standalone master of this machine and
 * with a bucket of this machine: an executor killed, the driver stopped. Sizes alone are other than
 * there.
 */
class StandaloneChainIT {

  private static final int IMAGES = 16;
  private static final int EPOCHS = 16;
  private static final int RETRY = 75;

  @TempDir private Path directory;

  @Test
  void theLinesOfTheReadmeSurviveALostExecutorAndAStoppedDriver() throws Exception {
    try (S3Server s3 = new S3Server(directory);
        Standalone cluster = new Standalone(directory, 2, 1)) {
      String photos = directory.resolve("photos").toString();
      DemoImages.render(Directory.at(photos, new Configuration()), 2, 0);
      String put = "spark-class org.apache.hadoop.fs.FsShell -put ";
      run(put + photos + " s3a://bucket/photos", s3, cluster);
      List<String> lines = readme();
      assertThat(lines).hasSize(4);
      String submit = lines.get(0) + "\n";
      String prepare = submit + lines.get(1);
      String pretrain =
          submit
              + lines.get(2).replace("--epochs 100", "--epochs " + EPOCHS + " " + small())
              + " --result s3a://bucket/results/pretrain.json";
      String export = submit + lines.get(3);

      assertThat(result(run(prepare, s3, cluster)).get("rows").asInt()).isEqualTo(IMAGES);

      Process training = start(pretrain, s3, cluster);
      await(() -> s3.newestModel() >= 1 && cluster.executors().size() == 2, training);
      cluster.executors().get(0).destroyForcibly();
      int before = s3.newestModel();
      await(() -> s3.newestModel() > before, training);
      assertThat(drivers(training)).singleElement().matches(ProcessHandle::destroy); // SIGTERM
      assertThat(training.waitFor()).as(said("err")).isEqualTo(RETRY);
      assertThat(s3.result("pretrain").get("exit_code").asInt()).isEqualTo(RETRY);

      run(pretrain, s3, cluster);
      assertThat(said("err")).contains("going on from");
      assertThat(s3.result("pretrain").get("exit_code").asInt()).isZero();
      assertThat(s3.result("pretrain").get("images").asInt()).isEqualTo(EPOCHS * IMAGES);

      run(export, s3, cluster);
      assertThat(s3.bucket().resolve("encoder/model.safetensors")).isNotEmptyFile();
      run(submit + "$submit verify --model s3a://bucket/model", s3, cluster);
    }
  }

  /** The commands of the README's first block about clusters, with the bucket's name. */
  private static List<String> readme() throws IOException {
    String text = Files.readString(Path.of("..", "README.md"));
    String chapter = text.substring(text.indexOf("\n## The same on a cluster\n"));
    String block = chapter.split("```bash\n")[1].split("```")[0];
    return block.replace("BUCKET", "bucket").lines().toList();
  }

  private static String small() {
    return "--model mae_vit_tiny_patch16 --workers 2 --batch-size 2 --averaging-frequency 2 "
        + String.join(" ", YarnChainIT.SMALL);
  }

  private String run(String script, S3Server s3, Standalone cluster) throws Exception {
    Process process = start(script, s3, cluster);
    assertThat(process.waitFor()).as(said("err")).isZero();
    return said("out");
  }

  /** Starts a shell whose user has set a cluster up: its master, its bucket and the keys to it. */
  private Process start(String script, S3Server s3, Standalone cluster) throws IOException {
    Path conf = Files.createDirectories(directory.resolve("conf"));
    Configuration site = new Configuration(false);
    s3.settings().forEach(site::set);
    for (String key : List.of("aws.credentials.provider", "access.key", "secret.key")) {
      site.unset("fs.s3a." + key);
    }
    try (OutputStream out = Files.newOutputStream(conf.resolve("core-site.xml"))) {
      site.writeXml(out);
    }
    ProcessBuilder shell = new ProcessBuilder("bash", "-c", script);
    String path = System.getenv("PATH");
    shell.environment().clear();
    shell
        .environment()
        .putAll(
            Map.of(
                "PATH",
                Path.of("bin").toAbsolutePath() + ":" + path,
                "HOME",
                directory.toString(),
                "JAVA_HOME",
                System.getProperty("java.home"),
                "MASTER",
                cluster.master(),
                "SPARK_SUBMIT_OPTS",
                YarnCluster.SHORT_LIVED,
                "SPARK_LOCAL_IP",
                "127.0.0.1",
                "HADOOP_CONF_DIR",
                conf.toString(),
                "AWS_ACCESS_KEY_ID",
                S3Server.IDENTITY,
                "AWS_SECRET_ACCESS_KEY",
                S3Server.CREDENTIAL));
    return shell
        .directory(Path.of("..").toFile())
        .redirectOutput(directory.resolve("out").toFile())
        .redirectError(directory.resolve("err").toFile())
        .start();
  }

  /** The drivers that a shell has started, or has become. */
  private static List<ProcessHandle> drivers(Process shell) {
    return Stream.concat(Stream.of(shell.toHandle()), shell.descendants())
        .filter(process -> Standalone.runs(process, "deploy.SparkSubmit"))
        .toList();
  }

  private String said(String stream) throws IOException {
    return Files.readString(directory.resolve(stream));
  }

  private static JsonNode result(String out) throws Exception {
    List<String> lines = out.lines().toList();
    return Templates.parse(lines.get(lines.size() - 1));
  }

  private void await(Callable<Boolean> condition, Process run) throws Exception {
    while (!condition.call()) {
      assertThat(run.isAlive()).as("it ended too early: %s", said("err")).isTrue();
      Thread.sleep(50);
    }
  }
}
