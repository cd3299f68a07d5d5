package io.sparkmae.job.storage;

import io.sparkmae.job.cluster.JavaProcess;
import io.sparkmae.job.cluster.Port;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** S3Proxy, which Maven puts into {@code target}, with one bucket. */
final class S3Server implements AutoCloseable {

  static final String BUCKET = "s3a://bucket";

  private static final String IDENTITY = "identity";
  private static final String CREDENTIAL = "credential";

  private final Port port = Port.free();
  private final JavaProcess process;

  S3Server(Path directory) throws IOException {
    Files.createDirectories(directory.resolve("s3/bucket"));
    Path properties = directory.resolve("s3proxy.properties");
    Files.write(
        properties,
        List.of(
            "s3proxy.endpoint=" + endpoint(),
            "s3proxy.authorization=aws-v2-or-v4",
            "s3proxy.identity=" + IDENTITY,
            "s3proxy.credential=" + CREDENTIAL,
            "jclouds.provider=filesystem-nio2",
            "jclouds.filesystem.basedir=" + directory.resolve("s3")));
    Path jar = Path.of("target", "s3proxy.jar").toAbsolutePath();
    process =
        JavaProcess.start(
            directory,
            List.of("-Xmx256m", "-jar", jar.toString(), "--properties", properties.toString()));
    port.awaitOpen();
  }

  /** Hadoop's settings for the bucket, with which a failure shows at once. */
  Map<String, String> settings(Path buffers) {
    return settings(buffers, port, 1);
  }

  /** The same through another port that leads to this server, with some attempts for each call. */
  Map<String, String> settings(Path buffers, Port entrance, int attempts) {
    return Map.ofEntries(
        Map.entry("fs.s3a.endpoint", "http://127.0.0.1:" + entrance.number()),
        Map.entry("fs.s3a.endpoint.region", "us-east-1"),
        Map.entry("fs.s3a.path.style.access", "true"),
        Map.entry("fs.s3a.connection.ssl.enabled", "false"),
        Map.entry(
            "fs.s3a.aws.credentials.provider",
            "org.apache.hadoop.fs.s3a.SimpleAWSCredentialsProvider"),
        Map.entry("fs.s3a.access.key", IDENTITY),
        Map.entry("fs.s3a.secret.key", CREDENTIAL),
        Map.entry(
            "fs.s3a.change.detection.mode", "none"), // else copies of S3Proxy's have no answer
        Map.entry("fs.s3a.directory.marker.retention", "keep"),
        Map.entry("fs.s3a.attempts.maximum", Integer.toString(attempts)),
        Map.entry("fs.s3a.retry.limit", Integer.toString(attempts)),
        Map.entry("hadoop.tmp.dir", buffers.toString()));
  }

  Port port() {
    return port;
  }

  private String endpoint() {
    return "http://127.0.0.1:" + port.number();
  }

  @Override
  public void close() {
    process.close();
  }
}
