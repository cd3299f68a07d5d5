package io.sparkmae.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkmae.deploy.Launcher.Run;
import java.awt.image.BufferedImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The unpacked tarball, on a machine whose Maven must not be called. */
class TarballIT {

  private static final Path SPARK = Path.of("target", "spark").toAbsolutePath();

  @TempDir private static Path directory;

  private static Path unpacked;
  private static String path;

  @BeforeAll
  static void unpack() throws Exception {
    Tool.run("bash", "-c", "source bin/env.sh; alone make_spark"); // in a fresh checkout
    try (Stream<Path> built = Files.list(Path.of("target"))) {
      Path tarball =
          built
              .filter(
                  f -> f.getFileName().toString().matches("spark-mae-\\d.*(?<!spark)\\.tar\\.gz"))
              .findFirst()
              .orElseThrow(() -> new AssertionError("No tarball in target"));
      assertThat(Tool.run("tar", "xzf", tarball.toString(), "-C", directory.toString())).isEmpty();
      unpacked = directory.resolve(tarball.getFileName().toString().replace(".tar.gz", ""));
    }
    Path maven = Files.createDirectories(directory.resolve("path")).resolve("mvn");
    Files.writeString(maven, "#!/bin/sh\necho 'Maven was called' >&2\nexit 1\n");
    assertThat(maven.toFile().setExecutable(true)).isTrue();
    path = maven.getParent() + ":" + System.getenv("PATH");
  }

  @Test
  void runsOnTheSparkOfSparkHome() throws Exception {
    Path photo = Files.createDirectories(directory.resolve("photos")).resolve("one.png");
    ImageIO.write(new BufferedImage(64, 48, BufferedImage.TYPE_INT_RGB), "png", photo.toFile());

    Run run = mae(SPARK, "prepare", "--input", "photos", "--output", "shards");

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out()).startsWith("{").contains("\"rows\":1").hasLineCount(1);
  }

  @Test
  void runsOnTheSparkThatIsPackedWithIt() throws Exception {
    Path jars = Files.createDirectories(unpacked.resolve("spark")).resolve("jars");
    Files.createSymbolicLink(jars, SPARK.resolve("jars"));
    Run run = mae(Path.of(""), "--version");
    Files.delete(jars);

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out()).contains("Spark 3.5.", "oneDNN 3.", "libjpeg-turbo");
    if (Files.exists(Path.of("..", ".git")) && Tool.isThere("git")) {
      String head = Tool.run("git", "rev-parse", "--short=12", "HEAD").strip();
      // git refuses a checkout of another user
      assertThat(run.out()).contains(head.matches("[0-9a-f]{12}") ? head : "commit unknown");
    }
  }

  @Test
  void refusesAnotherSparkInOneSentence() throws Exception {
    Run run = mae(directory, "--version");

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err())
        .isEqualTo(
            "mae: Invalid SPARK_HOME: %s (must hold Spark 3.5 for Scala 2.12, with its jars in jars)\n"
                .formatted(directory));
  }

  private static Run mae(Path sparkHome, String... words) throws Exception {
    return new Launcher(unpacked.resolve("bin/mae"), directory)
        .run(Map.of("SPARK_HOME", sparkHome.toString(), "PATH", path), words);
  }
}
