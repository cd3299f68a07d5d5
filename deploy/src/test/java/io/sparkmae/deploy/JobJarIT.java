package io.sparkmae.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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
  void namesTheLicenceOfEveryNativeLibrary() throws IOException {
    String licences = text("META-INF/THIRD-PARTY-NATIVES.txt");

    assertThat(files.stream().filter(f -> f.matches(".*\\.so[.\\d]*")))
        .allSatisfy(
            file ->
                assertThat(licences)
                    .contains(file.replaceAll(".*/|\\.so.*|(?<=libjniopenblas)_.*", "")));
  }

  @Test
  void namesItsPartsAndTheirLicences() throws IOException {
    String bill = "META-INF/sbom/spark-mae.cdx.json";
    assumeThat(files).as("the bill is made where Maven is online").contains(bill);
    Set<String> parts = new TreeSet<>();
    for (JsonNode part : Templates.parse(text(bill)).get("components")) {
      assertThat(part.get("licenses")).as("licences of %s", part.get("purl")).isNotEmpty();
      if (!part.get("group").asText().equals("io.sparkmae")) {
        parts.add(
            "%s:%s:%s"
                .formatted(
                    part.get("group").asText(),
                    part.get("name").asText(),
                    part.get("version").asText()));
      }
    }
    Set<String> licensed = new TreeSet<>();
    Matcher line =
        Pattern.compile("\\((\\S+:\\S+:\\S+) - ").matcher(text("META-INF/THIRD-PARTY.txt"));
    while (line.find()) {
      licensed.add(line.group(1));
    }

    assertThat(licensed).isEqualTo(parts).hasSizeGreaterThan(30);
    String byHand = text("META-INF/THIRD-PARTY-NATIVES.txt");
    // a part is there by its classes, or by the file that Maven leaves
    assertThat(parts).anyMatch(part -> part.startsWith("org.nd4j:nd4j-native:"));
    assertThat(files.stream().filter(f -> f.matches("META-INF/maven/[^/]+/[^/]+/pom.properties")))
        .filteredOn(f -> !byHand.contains(f.split("/")[3]))
        .map(f -> f.split("/")[2])
        .allMatch(
            group ->
                group.equals("io.sparkmae")
                    || group.matches(
                        "com\\.google\\.(guava|protobuf|code\\.findbugs|errorprone|j2objc)")
                    || group.matches(
                        "com\\.fasterxml.*|org\\.codehaus.*|org\\.yaml|javax.*|org\\.checkerframework")
                    || parts.stream().anyMatch(part -> part.startsWith(group + ":")));
  }

  /** Two builds of a commit have the same bytes: {@code .ci/reproducible} shows it. */
  @Test
  void tellsNoTimeOfItsBuild() {
    assertThat(files)
        .contains("META-INF/LICENSE", "META-INF/NOTICE")
        .filteredOn(f -> f.startsWith("io/sparkmae/") || f.startsWith("META-INF/THIRD-PARTY"))
        .allSatisfy(
            f ->
                assertThat(jar.getEntry(f).getTimeLocal())
                    .isEqualTo(LocalDateTime.of(2026, 1, 1, 0, 0)));
  }

  @Test
  void carriesTheDecoder() {
    assertThat(files)
        .contains("org/bytedeco/leptonica/global/leptonica.class")
        .contains("org/bytedeco/leptonica/linux-x86_64/libjnileptonica.so")
        .contains("org/bytedeco/leptonica/linux-x86_64/libleptonica.so.6");
  }

  @Test
  void carriesOneFileOfTheChartsAndTheTemplateOfTheReport() {
    assertThat(files.stream().filter(f -> f.startsWith("META-INF/resources/webjars/")))
        .singleElement()
        .asString()
        .endsWith("/echarts.min.js");
    assertThat(files)
        .contains("io/sparkmae/job/report/report.html", "org/mlflow/tracking/MlflowClient.class");
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
    assertThat(text("META-INF/services/org.nd4j.linalg.factory.Nd4jBackend"))
        .contains("org.nd4j.linalg.cpu.nativecpu.CpuBackend");
  }

  @Test
  void carriesNoSignatureOfItsParts() {
    assertThat(files).noneMatch(f -> f.matches("META-INF/[^/]*\\.(SF|DSA|RSA)"));
  }

  private static String text(String file) throws IOException {
    return new String(
        jar.getInputStream(jar.getEntry(file)).readAllBytes(), StandardCharsets.UTF_8);
  }
}
