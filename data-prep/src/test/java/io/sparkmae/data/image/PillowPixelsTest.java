package io.sparkmae.data.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every format and marker against Pillow's pixels, to the bit, on every Java runtime there is. */
class PillowPixelsTest {
  private static final Path RUNTIMES = Path.of("/usr/lib/jvm");
  private static final String COMPARED = "compared 552";

  @Test
  void everyFileHasPillowsPixels() throws IOException {
    assertThat(PillowFiles.golden()).hasSize(552);
    assertThat(PillowFiles.differences()).isEmpty();
  }

  @Test
  void aBoxHasThePixelsOfTheWholeImage() throws IOException {
    assertThat(PillowFiles.boxDifferences()).isEmpty();
  }

  @Test
  void otherJavaRuntimesGiveTheSamePixels() throws IOException, InterruptedException {
    List<Path> others = otherRuntimes();
    assumeTrue(!others.isEmpty(), "no other Java runtime in " + RUNTIMES);
    for (Path java : others) {
      List<String> lines = ask(java);
      assertThat(lines).as(java.toString()).contains(COMPARED);
      assertThat(lines).contains("encoded " + PillowFiles.encoded());
      assertThat(lines).contains("cut " + PillowFiles.cut());
      assertThat(lines).filteredOn(this::isDifference).isEmpty();
    }
  }

  @Test
  void withoutTheLibraryTheRuntimeDecodesAndSaysSo() throws IOException, InterruptedException {
    List<String> lines =
        ask(
            Path.of(System.getProperty("java.home"), "bin", "java"),
            "-Dorg.bytedeco.javacpp.platform=none");
    assertThat(lines).contains(COMPARED);
    assertThat(lines)
        .filteredOn(l -> l.startsWith("WARN: images are decoded by this Java"))
        .hasSize(1);
    assertThat(lines)
        .filteredOn(this::isDifference)
        .allMatch(l -> l.contains("UNSUPPORTED"))
        .anyMatch(l -> l.startsWith("lossy-17x23.webp: UNSUPPORTED"));
  }

  private boolean isDifference(String line) {
    return line.matches("[\\w-]+\\.\\w+( upright)?: .*");
  }

  private static List<Path> otherRuntimes() throws IOException {
    Path own = Path.of(System.getProperty("java.home")).toRealPath();
    if (!Files.isDirectory(RUNTIMES)) {
      return List.of();
    }
    try (Stream<Path> homes = Files.list(RUNTIMES)) {
      var others = new ArrayList<Path>();
      for (Path home : homes.toList()) {
        Path java = home.resolve("bin/java");
        if (Files.isExecutable(java) && !home.toRealPath().equals(own)) {
          others.add(java.toRealPath());
        }
      }
      return others.stream().distinct().toList();
    }
  }

  private static List<String> ask(Path java, String... options)
      throws IOException, InterruptedException {
    var command = new ArrayList<String>(List.of(java.toString(), "-Xmx512m"));
    command.addAll(Arrays.asList(options));
    command.addAll(
        List.of("-cp", System.getProperty("java.class.path"), PillowFiles.class.getName()));
    Process child = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(child.waitFor()).as(said).isZero();
    return said.lines().toList();
  }
}
