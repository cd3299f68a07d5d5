package io.sparkmae.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkmae.deploy.Launcher.Run;
import java.awt.image.BufferedImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LauncherIT {

  @TempDir private Path directory;

  @Test
  void showsItsOptionsAndTheCommands() throws Exception {
    Run run = new Launcher(directory).run(Map.of(), "--help");

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out()).contains("--master", "pretrain", "export");
  }

  @Test
  void returnsTheExitCodeOfTheJob() throws Exception {
    Run run =
        new Launcher(directory)
            .run(Map.of(), "--master", "local[2]", "verify", "--model", "m", "--modle", "m");

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).contains("--modle");
  }

  @Test
  void takesRelativePathsAndLeavesTheDirectoryClean() throws Exception {
    Path photo = Files.createDirectories(directory.resolve("photos")).resolve("one.png");
    ImageIO.write(new BufferedImage(64, 48, BufferedImage.TYPE_INT_RGB), "png", photo.toFile());

    Run run =
        new Launcher(directory).run(Map.of(), "prepare", "--input", "photos", "--output", "shards");

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out()).startsWith("{").contains("\"rows\":1").hasLineCount(1);
    assertThat(directory.toFile().list())
        .containsExactlyInAnyOrder("photos", "shards", "out", "err");
  }
}
