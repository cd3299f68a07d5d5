package io.sparkmae.job.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkmae.data.Manifest;
import io.sparkmae.data.PreparedData;
import io.sparkmae.data.prepare.PrepareJob;
import io.sparkmae.data.prepare.PrepareSettings;
import io.sparkmae.job.cluster.Port;
import io.sparkmae.job.demo.DemoImages;
import io.sparkmae.job.store.Directory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.FileUtil;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Wherever the images lie and the data goes, and whatever fails there: the same data set. */
class PrepareStorageIT {
  private static final int PER_CLASS = 60;

  private SparkSession spark;
  private Manifest expected;

  @TempDir Path directory;

  @BeforeEach
  void prepareLocally() throws Exception {
    FileSystem.closeAll(); // another test's are kept by their names, and may have other ports
    start(Map.of());
    Directory drawings = Directory.at(directory + "/drawings", new Configuration());
    DemoImages.render(drawings, PER_CLASS, 0);
    drawings.file("rings/none.png", out -> out.write("no".getBytes(StandardCharsets.UTF_8)));
    Files.createDirectories(directory.resolve("images"));
    for (Path ofClass : list(directory.resolve("drawings"))) {
      tar(ofClass, directory.resolve("images/" + ofClass.getFileName() + ".tar"));
    }
    expected = prepare("file:" + directory + "/images", "file:" + directory + "/data");
    assertThat(expected.rows()).isGreaterThan(4 * PER_CLASS);
    assertThat(expected.rejects()).containsOnlyKeys("NOT_AN_IMAGE");
    spark.stop();
  }

  @AfterEach
  void stop() throws IOException {
    spark.stop();
    FileSystem.closeAll();
  }

  @Test
  void aDatanodeThatDiesChangesNothing() throws Exception {
    Configuration conf = new Configuration();
    conf.set("dfs.replication", "2");
    try (MiniDFSCluster cluster =
        new MiniDFSCluster.Builder(conf, directory.resolve("hdfs").toFile())
            .numDataNodes(2)
            .build()) {
      cluster.waitActive();
      start(Map.of("dfs.replication", "2"));
      FileSystem hdfs = cluster.getFileSystem();
      copyImages(hdfs, cluster.getURI() + "/images", conf);

      CompletableFuture<Manifest> prepared =
          CompletableFuture.supplyAsync(
              () -> prepare(cluster.getURI() + "/images", cluster.getURI() + "/data"));
      while (!hdfs.exists(new org.apache.hadoop.fs.Path("/data/_preparing"))) {
        Thread.sleep(5);
      }
      assertThat(prepared).isNotDone();
      cluster.stopDataNode(0);

      assertSame(prepared.get());
    }
  }

  @Test
  void anEndpointThatRefusesATenthOfTheCallsChangesNothing() throws Exception {
    Port entrance = Port.free();
    try (S3Server server = new S3Server(directory);
        var overloaded = new OverloadedServer(server.port(), entrance)) {
      Map<String, String> settings = server.settings(directory, entrance, 10);
      start(settings);
      Configuration conf = new Configuration();
      settings.forEach(conf::set);
      String bucket = S3Server.BUCKET;
      FileSystem s3 = new org.apache.hadoop.fs.Path(bucket).getFileSystem(conf);
      copyImages(s3, bucket + "/images", conf);

      Manifest manifest = prepare(bucket + "/images", bucket + "/data");

      assertSame(manifest);
      assertThat(overloaded.refused()).isGreaterThan(20);
    }
  }

  private static List<Path> list(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.filter(file -> !file.toString().endsWith(".crc")).sorted().toList();
    }
  }

  private static void tar(Path from, Path to) throws IOException {
    try (var tar = new TarArchiveOutputStream(Files.newOutputStream(to))) {
      for (Path file : list(from)) {
        var entry = new TarArchiveEntry(file.getFileName().toString());
        entry.setSize(Files.size(file));
        tar.putArchiveEntry(entry);
        Files.copy(file, tar);
        tar.closeArchiveEntry();
      }
    }
  }

  private void copyImages(FileSystem to, String uri, Configuration conf) throws Exception {
    FileSystem local = FileSystem.getLocal(conf).getRaw();
    var target = new org.apache.hadoop.fs.Path(uri);
    for (FileStatus entry :
        local.listStatus(new org.apache.hadoop.fs.Path(directory + "/images"))) {
      to.mkdirs(target);
      var under = new org.apache.hadoop.fs.Path(target, entry.getPath().getName());
      FileUtil.copy(local, entry.getPath(), to, under, false, conf);
    }
  }

  private Manifest prepare(String input, String output) {
    PrepareJob.run(spark, new PrepareSettings(List.of(input), output, "webdataset", 48, 92, 3));
    return PreparedData.open(output, spark.sparkContext().hadoopConfiguration()).manifest();
  }

  private void assertSame(Manifest manifest) {
    assertThat(manifest.files()).isEqualTo(expected.files()); // with the SHA-256 of each
    assertThat(manifest.rejects()).isEqualTo(expected.rejects());
    assertThat(manifest.classes()).isEqualTo(expected.classes());
    assertThat(manifest.mean()).isEqualTo(expected.mean());
  }

  private void start(Map<String, String> hadoop) {
    SparkSession.Builder builder =
        SparkSession.builder()
            .master("local[2]")
            .config("spark.ui.enabled", "false")
            .config("spark.driver.bindAddress", "127.0.0.1");
    hadoop.forEach((key, value) -> builder.config("spark.hadoop." + key, value));
    spark = builder.getOrCreate();
  }
}
