package io.sparkmae.job.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkmae.job.cluster.MaeProcess;
import io.sparkmae.job.cluster.MaeProcess.Result;
import io.sparkmae.job.cluster.Port;
import io.sparkmae.job.cluster.SmallData;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What storage refuses for good ends with 2, and what may pass with 75, in a few short lines. */
class StorageFaultsIT {

  private static final int BAD_OPTIONS = 2;
  private static final int RETRY = 75;

  @TempDir Path directory;

  @Test
  void s3() throws Exception {
    try (S3Server server = new S3Server(directory)) {
      Map<String, String> good = server.settings(directory);
      String model = S3Server.BUCKET + "/model";
      fails(BAD_OPTIONS, "make the bucket", good, "verify", "--model", "s3a://none/model");
      fails(
          BAD_OPTIONS,
          "give the job's user this right",
          with(good, "fs.s3a.secret.key", "wrong"),
          "verify",
          "--model",
          model);
      Map<String, String> bare = new HashMap<>(good);
      bare.remove("fs.s3a.access.key");
      fails(BAD_OPTIONS, "credentials", bare, "verify", "--model", model);
      Map<String, String> away = server.settings(directory, Port.free(), 1);
      fails(RETRY, "", away, "verify", "--model", model);
    }
  }

  @Test
  void hdfs() throws Exception {
    Configuration ofCluster = new Configuration();
    try (MiniDFSCluster cluster =
        new MiniDFSCluster.Builder(ofCluster, directory.resolve("hdfs").toFile()).build()) {
      cluster.waitActive();
      String images = directory.resolve("images").toString();
      SmallData.draw(images, new Configuration());
      fails(
          BAD_OPTIONS,
          "Permission denied",
          Map.of(),
          SmallData.prepare(images, cluster.getURI() + "/forbidden"));
      String away = "hdfs://127.0.0.1:" + Port.free().number() + "/model";
      fails(RETRY, "", Map.of("ipc.client.connect.max.retries", "0"), "verify", "--model", away);
    }
  }

  @Test
  void localDisk() throws Exception {
    Path images = directory.resolve("images");
    SmallData.draw(images.toString(), new Configuration());
    Path file = Files.writeString(directory.resolve("file"), "of somebody");
    fails(
        BAD_OPTIONS,
        "give a URI below directories",
        Map.of(),
        SmallData.prepare(images.toString(), file + "/data"));
    assertThat(file).hasContent("of somebody");
    fails(
        BAD_OPTIONS,
        "add its jar by --jars or --packages",
        Map.of("fs.gs.impl", "com.example.NoSuchFileSystem"),
        "verify",
        "--model",
        "gs://bucket/model");
  }

  private void fails(int exitCode, String words, Map<String, String> settings, String... command)
      throws Exception {
    MaeProcess mae = MaeProcess.on("local[1]", directory).with("HADOOP_USER_NAME", "somebody-else");
    for (Map.Entry<String, String> setting : settings.entrySet()) {
      mae = mae.with("spark.hadoop." + setting.getKey(), setting.getValue());
    }
    Result result = mae.run(command);
    List<String> said =
        result
            .err()
            .lines()
            .filter(line -> line.startsWith("mae: ") || line.startsWith("  because: "))
            .toList();
    assertThat(result.exitCode()).as(result.faults()).isEqualTo(exitCode);
    assertThat(said).as(result.faults()).hasSizeBetween(1, 3).allMatch(s -> s.length() < 420);
    assertThat(String.join("\n", said)).contains(words);
    assertThat(result.err()).doesNotContain("\tat io.sparkmae.job.Mae");
  }

  private static Map<String, String> with(Map<String, String> settings, String key, String value) {
    Map<String, String> more = new HashMap<>(settings);
    more.put(key, value);
    return more;
  }
}
