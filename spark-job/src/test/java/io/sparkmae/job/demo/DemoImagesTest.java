package io.sparkmae.job.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkmae.job.store.Directory;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoImagesTest {

  @TempDir Path directory;

  @Test
  void eightClassesOfImages() throws IOException {
    render("a", 2, 0);
    try (Stream<Path> classes = Files.list(directory.resolve("a"))) {
      assertThat(classes).hasSize(8);
    }
    BufferedImage image = ImageIO.read(directory.resolve("a/circles/0001.png").toFile());
    assertThat(List.of(image.getWidth(), image.getHeight())).containsOnly(DemoImages.SIZE);
  }

  @Test
  void sameSeedSameFiles() throws IOException {
    render("a", 2, 5);
    render("b", 2, 5);
    assertThat(bytes("b/stripes/0001.png")).isEqualTo(bytes("a/stripes/0001.png"));
  }

  @Test
  void imagesDifferFromEachOtherAndBySeed() throws IOException {
    render("a", 2, 5);
    render("b", 2, 6_000);
    assertThat(bytes("a/rings/0000.png")).isNotEqualTo(bytes("a/rings/0001.png"));
    assertThat(bytes("b/rings/0000.png")).isNotEqualTo(bytes("a/rings/0000.png"));
  }

  private void render(String name, int perClass, long seed) throws IOException {
    DemoImages.render(
        Directory.at(directory.resolve(name).toString(), new Configuration()), perClass, seed);
  }

  private byte[] bytes(String name) throws IOException {
    return Files.readAllBytes(directory.resolve(name));
  }
}
