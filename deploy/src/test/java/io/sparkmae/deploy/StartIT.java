package io.sparkmae.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkmae.deploy.Launcher.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which Javas the launcher starts, and with which archive of classes. */
class StartIT {

  private static final String ARCHIVE = "-XX:SharedArchiveFile=";
  private static final Path TARGET = Path.of("target").toAbsolutePath();

  @TempDir private Path directory;

  private Path calls;
  private Map<String, String> java;
  private Map<String, String> onlyWritten;

  @BeforeAll
  static void makeTheArchive(@TempDir Path directory) throws Exception {
    new Launcher(directory).run(Map.of("JAVA_HOME", System.getProperty("java.home")), "--help");
  }

  /** A Java that writes down how it is called, and that runs nothing but Spark's launcher. */
  @BeforeEach
  void writeDownCalls() throws Exception {
    Path home = Files.createDirectories(directory.resolve("a jdk"));
    Path real = Path.of(System.getProperty("java.home"));
    calls = Files.createFile(directory.resolve("calls"));
    Files.copy(real.resolve("release"), home.resolve("release"));
    Path script = Files.createDirectories(home.resolve("bin")).resolve("java");
    Files.writeString(
        script,
        """
        #!/bin/bash
        echo "$*" >>'%s'
        [[ ${ONLY_WRITTEN-} && $* != *launcher.Main* ]] || exec '%s/bin/java' "$@"
        """
            .formatted(calls, real));
    assertThat(script.toFile().setExecutable(true)).isTrue();
    java = Map.of("JAVA_HOME", home.toString());
    onlyWritten = with(java, "ONLY_WRITTEN", "yes");
  }

  @ParameterizedTest
  @ValueSource(strings = {"--help", "--version", "--master yarn benchmark step -h", ""})
  void helpIsOneJavaWithoutSpark(String words) throws Exception {
    Run run = mae(java, words.isEmpty() ? new String[0] : words.split(" "));

    assertThat(run.exitCode()).as(run.err()).isEqualTo(words.isEmpty() ? 2 : 0);
    assertThat(calls())
        .singleElement()
        .asString()
        .contains(ARCHIVE, "io.sparkmae.job.Mae")
        .doesNotContain("org.apache.spark");
  }

  @Test
  void aLocalRunIsSparkSubmitWithTheJobOnItsClassPathAndItsClassesFromTheArchive()
      throws Exception {
    Path loaded = directory.resolve("loaded");
    Run run =
        mae(
            java,
            "--master",
            "local[2]",
            "--conf",
            "spark.driver.defaultJavaOptions=-Xlog:class+load:file=" + loaded,
            "verify",
            "--model",
            "a b",
            "--modle");

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).contains("--modle");
    assertThat(calls())
        .hasSize(2)
        .last()
        .asString()
        .contains("spark-internal verify --model a b --modle");
    assertThat(Files.readAllLines(loaded))
        .anyMatch(line -> line.matches(".* io.sparkmae.job.Mae source: shared.*"))
        .anyMatch(line -> line.matches(".* org.apache.spark.deploy.SparkSubmit source: shared.*"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--packages a:b:1",
        "--jars=b.jar",
        "--conf spark.jars.excludes=none:none",
        "--conf=spark.driver.extraClassPath=/none",
        "--properties-file settings",
        "--master local-cluster[1,1,1024]"
      })
  void whereOthersBringClassesOrProcessesTheJarIsSubmitted(String options) throws Exception {
    Files.writeString(directory.resolve("settings"), "spark.driver.memory 1g\nspark.jars b.jar\n");
    mae(onlyWritten, (options + " verify --model m").split(" "));

    assertThat(calls())
        .last()
        .asString()
        .contains("spark-mae.jar verify --model m")
        .doesNotContain("spark-internal");
  }

  @Test
  void settingsAreSparkSubmits() throws Exception {
    Files.writeString(directory.resolve("my settings"), "spark.driver.extraJavaOptions -Da=b\n");
    mae(
        with(onlyWritten, "SPARK_SUBMIT_OPTS", "-Dc=d"),
        "--master=local",
        "--driver-memory",
        "3g",
        "--properties-file",
        "my settings",
        "verify");

    assertThat(calls()).last().asString().contains("-Xmx3g", "-Da=b", "-Dc=d", "spark-internal");
  }

  @Test
  void agentsAndRecordingsHaveNoArchive() throws Exception {
    mae(onlyWritten, "verify");
    assertThat(calls()).last().asString().contains(ARCHIVE);

    String recording = "-XX:StartFlightRecording=disk=false";
    mae(onlyWritten, "--conf", "spark.driver.defaultJavaOptions=" + recording, "verify");
    assertThat(calls()).last().asString().contains(recording).doesNotContain(ARCHIVE);
    mae(with(onlyWritten, "JAVA_TOOL_OPTIONS", "-javaagent:agent.jar"), "--help");
    assertThat(calls()).last().asString().doesNotContain(ARCHIVE);
  }

  @Test
  void anArchiveThatDoesNotFitIsIgnoredInSilence() throws Exception {
    mae(java, "--version");
    Path whole = Path.of(calls().get(0).replaceAll(".*" + ARCHIVE + "(\\S+) .*", "$1"));
    Path tree = tree("tarball");
    Launcher tarball = new Launcher(tree.resolve("bin/mae"), directory);
    Map<String, String> given = with(java, "SPARK_HOME", TARGET.resolve("spark").toString());
    Run expected = run(tarball, given, "verify", "--help");
    assertThat(calls()).singleElement().asString().doesNotContain(ARCHIVE);

    Launcher archiver = new Launcher(tree.resolve("bin/archive"), directory);
    Run failed = run(archiver, with(given, "ONLY_WRITTEN", "yes"));
    assertThat(failed.exitCode()).isEqualTo(1);
    assertThat(failed.err()).hasLineCount(2).contains("target/archive.log has the reason");
    Path archive;
    try (Stream<Path> files = Files.list(tree.resolve("target"))) {
      archive = files.filter(file -> file.toString().endsWith(".jsa")).findFirst().orElseThrow();
    }
    assertThat(run(tarball, given, "verify", "--help")).isEqualTo(expected);

    Files.delete(archive);
    Files.copy(whole, archive); // of another class path
    Path size = Path.of(archive + ".size");
    Files.writeString(size, Long.toString(Files.size(whole)));
    assertThat(run(tarball, given, "verify", "--help")).isEqualTo(expected);
    assertThat(calls()).singleElement().asString().contains(ARCHIVE + archive);
    Tool.run("truncate", "-s", "1000000", archive.toString());
    assertThat(run(tarball, given, "verify", "--help")).isEqualTo(expected);
    assertThat(calls()).singleElement().asString().doesNotContain(ARCHIVE);
    Files.write(archive, new byte[100_000]);
    Files.writeString(size, "100000");
    assertThat(run(tarball, given, "verify", "--help")).isEqualTo(expected);
  }

  @Test
  void oneOfTwoFirstStartsMakesTheArchiveAndNeitherFailsIfItCannot() throws Exception {
    Path deploy = tree("checkout/deploy");
    for (String room : List.of(".", "model", "data-prep", "spark-job", "deploy")) {
      Path sources = Files.createDirectories(directory.resolve("checkout").resolve(room));
      Files.createDirectories(sources.resolve("src/main"));
      Files.createFile(sources.resolve("pom.xml"));
    }
    Files.createFile(Files.createDirectories(deploy.resolve("spark-runtime")).resolve("pom.xml"));
    Tool.run("find", deploy.getParent().toString(), "-exec", "touch", "-hd@0", "{}", "+");
    Path target = Files.createDirectories(deploy.resolve("target"));
    Files.move(deploy.resolve("spark-mae.jar"), target.resolve("spark-mae.jar"));
    Files.createDirectories(target.resolve("spark"));
    Files.createSymbolicLink(target.resolve("spark/jars"), TARGET.resolve("spark/jars"));

    Path other = Files.createDirectories(directory.resolve("other"));
    Process second =
        new Launcher(deploy.resolve("bin/mae"), other).start(onlyWritten, "verify", "--help");
    Run first =
        run(new Launcher(deploy.resolve("bin/mae"), directory), onlyWritten, "verify", "--help");

    assertThat(second.waitFor()).isZero();
    assertThat(first.exitCode()).as(first.err()).isZero();
    assertThat(calls()).filteredOn(call -> call.contains("ArchiveClassesAtExit")).hasSize(1);
    assertThat(calls()).noneMatch(call -> call.contains(ARCHIVE));
  }

  /** Scripts and settings as in a checkout, or as in a tarball, with the job that was built. */
  private Path tree(String name) throws Exception {
    Path tree = Files.createDirectories(directory.resolve(name));
    Tool.run("cp", "-r", "bin", "conf", tree.toString());
    Files.createSymbolicLink(tree.resolve("spark-mae.jar"), TARGET.resolve("spark-mae.jar"));
    return tree;
  }

  private static Map<String, String> with(Map<String, String> all, String name, String value) {
    Map<String, String> more = new HashMap<>(all);
    more.put(name, value);
    return more;
  }

  private List<String> calls() throws IOException {
    return Files.readAllLines(calls);
  }

  private Run mae(Map<String, String> environment, String... words) throws Exception {
    return run(new Launcher(directory), environment, words);
  }

  private Run run(Launcher launcher, Map<String, String> environment, String... words)
      throws Exception {
    Files.writeString(calls, "");
    return launcher.run(environment, words);
  }
}
