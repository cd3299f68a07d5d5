package io.sparkmae.deploy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** S3Proxy, which the build of {@code spark-job} puts into its {@code target}. */
final class S3Server implements AutoCloseable {

  static final String IDENTITY = "identity";
  static final String CREDENTIAL = "credential";

  private final Path directory;
  private final int port = Standalone.freePort();
  private final Process process;

  S3Server(Path directory) throws IOException, InterruptedException {
    this.directory = directory;
    Files.createDirectories(directory.resolve("s3"));
    Path properties = directory.resolve("s3proxy.properties");
    Files.write(
        properties,
        List.of(
            "s3proxy.endpoint=http://127.0.0.1:" + port,
            "s3proxy.authorization=aws-v2-or-v4",
            "s3proxy.identity=" + IDENTITY,
            "s3proxy.credential=" + CREDENTIAL,
            "jclouds.provider=filesystem-nio2",
            "jclouds.filesystem.basedir=" + directory.resolve("s3")));
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    String jar = Path.of("..", "spark-job", "target", "s3proxy.jar").toString();
    process =
        new ProcessBuilder(java, "-Xmx256m", "-jar", jar, "--properties", properties.toString())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("s3proxy.log").toFile())
            .start();
    Standalone.awaitOpen(port);
  }

  /** Makes a bucket. */
  Bucket bucket(String name) throws IOException {
    return new Bucket(Files.createDirectories(directory.resolve("s3").resolve(name)));
  }

  /** Hadoop's settings for the bucket. */
  Map<String, String> settings() {
    return Map.of(
        "fs.s3a.endpoint", "http://127.0.0.1:" + port,
        "fs.s3a.endpoint.region", "us-east-1",
        "fs.s3a.path.style.access", "true",
        "fs.s3a.connection.ssl.enabled", "false",
        "fs.s3a.aws.credentials.provider", "org.apache.hadoop.fs.s3a.SimpleAWSCredentialsProvider",
        "fs.s3a.access.key", IDENTITY,
        "fs.s3a.secret.key", CREDENTIAL,
        "fs.s3a.change.detection.mode", "none", // else copies of S3Proxy's have no answer
        "fs.s3a.directory.marker.retention", "keep",
        "fs.s3a.buffer.dir", directory.resolve("buffers").toString());
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }
}
