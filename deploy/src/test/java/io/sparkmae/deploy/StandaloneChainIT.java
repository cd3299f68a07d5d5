package io.sparkmae.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The README's lines on a standalone master: images in HDFS, data and models in S3. */
class StandaloneChainIT {

  @TempDir private static Path directory;

  private static S3Server s3;
  private static MiniDFSCluster hdfs;
  private static Standalone cluster;

  @BeforeAll
  static void start() throws Exception {
    s3 = new S3Server(directory);
    hdfs =
        new MiniDFSCluster.Builder(new Configuration(), directory.resolve("hdfs").toFile()).build();
    cluster = new Standalone(directory, 3, 1); // two executors, and a driver
    Chain.drawPhotos(hdfs.getURI().toString());
  }

  @AfterAll
  static void stop() {
    cluster.close();
    hdfs.close();
    s3.close();
  }

  @Test
  void aDriverOfTheClientsIsStartedAgainByItsUser() throws Exception {
    int before = cluster.ended("completedapps").size();
    run("client");
    List<String> applications = cluster.ended("completedapps");
    // prepare, pretrain twice; for a master what ends by itself has finished
    assertThat(applications.subList(before, applications.size()))
        .containsExactly("FINISHED", "FINISHED", "FINISHED");
  }

  @Test
  void aDriverInTheClusterHasFailedForTheMasterToo() throws Exception {
    run("cluster");
    List<String> drivers = cluster.ended("completeddrivers");
    assertThat(drivers.subList(0, 3)).containsExactly("FINISHED", "FAILED", "FINISHED");
    assertThat(drivers.subList(3, drivers.size()))
        .containsExactlyInAnyOrder("FINISHED", "FINISHED", "FAILED");
  }

  private static void run(String deployMode) throws Exception {
    Bucket bucket = s3.bucket(deployMode);
    String photos = hdfs.getURI().toString();
    new Chain(
            directory,
            bucket,
            new StandaloneSite(cluster, environment(), photos, bucket, deployMode))
        .run();
  }

  /** What a user has set up: the master, Hadoop's settings, and keys to the bucket. */
  private static Map<String, String> environment() throws Exception {
    Path conf = Files.createDirectories(directory.resolve("conf"));
    Configuration site = new Configuration(false);
    s3.settings().forEach(site::set);
    for (String key : List.of("aws.credentials.provider", "access.key", "secret.key")) {
      site.unset("fs.s3a." + key);
    }
    try (OutputStream out = Files.newOutputStream(conf.resolve("core-site.xml"))) {
      site.writeXml(out);
    }
    Map<String, String> environment = new HashMap<>();
    environment.put("PATH", Path.of("bin").toAbsolutePath() + ":" + System.getenv("PATH"));
    environment.put("HOME", directory.toString());
    environment.put("JAVA_HOME", System.getProperty("java.home"));
    environment.put("MASTER", cluster.master());
    environment.put("JAVA_TOOL_OPTIONS", YarnCluster.SHORT_LIVED);
    environment.put("SPARK_LOCAL_IP", "127.0.0.1");
    environment.put("HADOOP_CONF_DIR", conf.toString());
    environment.put("AWS_ACCESS_KEY_ID", S3Server.IDENTITY);
    environment.put("AWS_SECRET_ACCESS_KEY", S3Server.CREDENTIAL);
    return environment;
  }
}
