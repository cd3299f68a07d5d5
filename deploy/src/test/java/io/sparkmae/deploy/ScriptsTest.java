package io.sparkmae.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class ScriptsTest {

  @TempDir private Path directory;

  /** Every script; those that are sourced are checked with the scripts that do it. */
  static Stream<Path> scripts() throws IOException {
    try (Stream<Path> files =
        Stream.concat(Files.walk(Path.of("."), 2), Files.list(Path.of("..", ".ci")))) {
      return files.filter(ScriptsTest::isScript).toList().stream();
    }
  }

  private static boolean isScript(Path file) {
    try {
      return Files.isRegularFile(file)
          && !file.startsWith("./target")
          && new String(Files.readAllBytes(file), "ISO-8859-1").startsWith("#!/usr/bin/env bash");
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @ParameterizedTest
  @MethodSource("scripts")
  void shellcheckFindsNothing(Path script) throws Exception {
    assumeThat(Tool.isThere("shellcheck")).as("shellcheck is installed").isTrue();

    assertThat(Tool.run("shellcheck", "-x", "-P", "SCRIPTDIR", "-S", "warning", script.toString()))
        .isEmpty();
  }

  @Test
  void thereAreScripts() throws IOException {
    assertThat(scripts().map(Path::toString))
        .contains("./bin/mae", "./emr-serverless/run.sh", "./soak/kill.sh", "../.ci/run");
  }

  /** The service says that every job run failed; the result file has the code, if there is one. */
  @ParameterizedTest
  @CsvSource({"75, 3", "2, 1", "3, 1", "4, 1", "1, 1", "none, 1"})
  void aServerlessJobIsTriedAgainAfter75Alone(String code, int tries) throws Exception {
    Path aws = directory.resolve("aws");
    Files.writeString(
        aws,
        """
        #!/usr/bin/env bash
        case "$1 $2" in
          "emr-serverless start-job-run") echo "$@" >>"$STARTS"; echo run-1 ;;
          "emr-serverless get-job-run") echo FAILED ;;
          "s3 cp") [[ $CODE == none ]] && exit 1; echo '{"exit_code":'$CODE',"error":"why"}' ;;
        esac
        """);
    assertThat(aws.toFile().setExecutable(true)).isTrue();
    Path starts = directory.resolve("starts");
    ProcessBuilder builder =
        new ProcessBuilder("emr-serverless/run.sh", "my-bucket", "application", "role");
    builder
        .environment()
        .putAll(
            Map.of(
                "PATH",
                directory + ":" + System.getenv("PATH"),
                "CODE",
                code,
                "STARTS",
                starts.toString(),
                "POLL_SECONDS",
                "0"));
    Process process = builder.redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes());

    assertThat(process.waitFor()).isEqualTo(1);
    assertThat(said).contains(code.equals("none") ? "no result" : "\"error\":\"why\"");
    List<String> started = Files.readAllLines(starts);
    assertThat(String.join("\n", started))
        .contains("s3://my-bucket/photos")
        .doesNotContain("BUCKET/");
    assertThat(started.stream().filter(line -> line.contains("start-job-run"))).hasSize(tries);
  }
}
