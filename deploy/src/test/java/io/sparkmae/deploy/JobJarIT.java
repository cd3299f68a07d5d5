package io.sparkmae.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class JobJarIT {

  private static JarFile jar;
  private static List<String> files;

  @BeforeAll
  static void open() throws IOException {
    jar = new JarFile(Path.of("target", "spark-mae.jar").toFile());
    files = jar.stream().filter(e -> !e.isDirectory()).map(ZipEntry::getName).toList();
  }

  @AfterAll
  static void close() throws IOException {
    jar.close();
  }

  @Test
  void startsTheJob() throws IOException {
    assertThat(jar.getManifest().getMainAttributes().getValue("Main-Class"))
        .isEqualTo("io.sparkmae.job.Mae");
    assertThat(files).contains("io/sparkmae/job/Mae.class");
  }

  @Test
  void leavesOutWhatTheClusterHas() {
    assertThat(files)
        .noneMatch(f -> f.startsWith("org/apache/hadoop/"))
        .noneMatch(f -> f.startsWith("org/apache/commons/"))
        .noneMatch(f -> f.startsWith("org/slf4j/"))
        .noneMatch(f -> f.startsWith("scala/"))
        .noneMatch(f -> f.startsWith("com/fasterxml/jackson/"))
        .noneMatch(f -> f.startsWith("com/esotericsoftware/"));
    // DL4J keeps one class of its own in Spark's package.
    assertThat(files.stream().filter(f -> f.startsWith("org/apache/spark/")))
        .allMatch(f -> f.startsWith("org/apache/spark/TaskContextHelper"));
  }

  @Test
  void holdsNativesOfOnePlatform() {
    assertThat(files.stream().filter(f -> f.matches(".*\\.(so(\\.\\d+)*|dll|dylib|jnilib|a)")))
        .isNotEmpty()
        .allMatch(f -> f.contains("/linux-x86_64/") || f.contains("/linux-x86-64/"));
  }

  @Test
  void carriesTheDecoder() {
    assertThat(files)
        .contains("org/bytedeco/leptonica/global/leptonica.class")
        .contains("org/bytedeco/leptonica/linux-x86_64/libjnileptonica.so")
        .contains("org/bytedeco/leptonica/linux-x86_64/libleptonica.so.6");
  }

  @Test
  void carriesTheRecipes() throws IOException {
    try (Stream<Path> recipes = Files.list(Path.of("conf", "recipes"))) {
      assertThat(files)
          .containsAll(
              recipes.map(r -> "io/sparkmae/job/config/recipes/" + r.getFileName()).toList());
    }
  }

  @Test
  void namesTheBackendOfNd4j() throws IOException {
    ZipEntry services = jar.getEntry("META-INF/services/org.nd4j.linalg.factory.Nd4jBackend");
    assertThat(new String(jar.getInputStream(services).readAllBytes(), StandardCharsets.UTF_8))
        .contains("org.nd4j.linalg.cpu.nativecpu.CpuBackend");
  }

  @Test
  void carriesNoSignatureOfItsParts() {
    assertThat(files).noneMatch(f -> f.matches("META-INF/[^/]*\\.(SF|DSA|RSA)"));
  }
}
