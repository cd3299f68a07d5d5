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
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The shipped launcher and settings, with the driver on a standalone cluster. */
class StandaloneClusterModeIT {

  @TempDir private Path directory;

  @BeforeEach
  void drawAPhoto() throws Exception {
    Path photo = Files.createDirectories(directory.resolve("photos")).resolve("one.png");
    ImageIO.write(new BufferedImage(64, 48, BufferedImage.TYPE_INT_RGB), "png", photo.toFile());
  }

  @Test
  void aStandaloneMasterRunsTheDriver() throws Exception {
    try (Standalone cluster = new Standalone(directory, 1, 2)) {
      List<String> options =
          List.of(
              "--master", cluster.master(), "--deploy-mode", "cluster", "--driver-memory", "1g");

      Run prepared = run(Map.of(), options, "prepared", prepare());
      run(Map.of(), options, "refused", "verify", "--model", path("none"));

      // spark-submit answers 0 here whatever became of the driver: the result file tells
      assertThat(prepared.exitCode()).as(prepared.err()).isZero();
      assertThat(result("prepared")).startsWith("{\"exit_code\":0,").contains("\"rows\":1");
      assertThat(result("refused")).startsWith("{\"exit_code\":3,");
    }
  }

  private Run run(
      Map<String, String> environment, List<String> options, String result, String... command)
      throws Exception {
    List<String> words = new ArrayList<>(options);
    words.addAll(List.of(command));
    words.addAll(List.of("--result", path(result + ".json")));
    return new Launcher(directory).run(environment, words.toArray(String[]::new));
  }

  private String[] prepare() {
    return new String[] {"prepare", "--input", path("photos"), "--output", path("shards")};
  }

  private String path(String name) {
    return directory.resolve(name).toUri().toString();
  }

  private String result(String name) throws Exception {
    return Files.readString(directory.resolve(name + ".json"));
  }
}
