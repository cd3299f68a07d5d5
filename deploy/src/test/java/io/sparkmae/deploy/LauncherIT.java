package io.sparkmae.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkmae.deploy.Launcher.Run;
import java.awt.image.BufferedImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
  void takesRelativePathsAndSpacesAndPassesATermOnToTheJob() throws Exception {
    Path photos = Files.createDirectories(directory.resolve("my photos"));
    for (String name : List.of("one.png", "two.png")) {
      BufferedImage photo = new BufferedImage(64, 48, BufferedImage.TYPE_INT_RGB);
      ImageIO.write(photo, "png", photos.resolve(name).toFile());
    }
    Run run =
        new Launcher(directory)
            .run(Map.of(), "prepare", "--input", "my photos", "--output", "the data");

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out()).startsWith("{").contains("\"rows\":2").hasLineCount(1);
    assertThat(directory.toFile().list())
        .containsExactlyInAnyOrder("my photos", "the data", "out", "err");

    String settings =
        "--output model --epochs 9999 --batch-size 1 --warmup-epochs 0 --image-size 32"
            + " --set model.patch-size=8 model.depth=1 model.decoder-depth=1";
    List<String> words = new ArrayList<>(List.of("--master", "local[2]", "pretrain"));
    words.addAll(List.of("--data", "the data"));
    words.addAll(List.of(settings.split(" ")));
    Process training = new Launcher(directory).start(Map.of(), words.toArray(String[]::new));
    Path err = directory.resolve("err");
    while (training.isAlive() && !Files.readString(err).contains("images/s")) {
      Thread.sleep(100);
    }
    training.destroy(); // SIGTERM, to what was started

    assertThat(training.waitFor()).as(Files.readString(err)).isEqualTo(75);
    assertThat(Files.readString(err)).contains("checkpoint ");
  }
}
