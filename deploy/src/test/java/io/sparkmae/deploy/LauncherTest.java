package io.sparkmae.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkmae.deploy.Launcher.Run;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LauncherTest {

  @TempDir private Path directory;

  @Test
  void refusesAnOldJavaAndOneThatIsTooNew() throws Exception {
    refuses("11", "must be a JDK 17");
    refuses("25", "must be 17 to 23");
  }

  private void refuses(String version, String rule) throws Exception {
    Path java = Files.createDirectories(directory.resolve("jdk/bin")).resolve("java");
    Files.writeString(
        java, "#!/bin/sh\necho 'openjdk version \"%s.0.2\"' >&2\n".formatted(version));
    assertThat(java.toFile().setExecutable(true)).isTrue();

    Run run =
        new Launcher(directory)
            .run(Map.of("JAVA_HOME", directory.resolve("jdk").toString()), "demo");

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err())
        .isEqualTo(
            "mae: Invalid Java: %s is version %s (%s; set JAVA_HOME)\n"
                .formatted(java, version, rule));
  }

  @Test
  void refusesASparkThatItDoesNotKnow() throws Exception {
    Run run = new Launcher(directory).run(Map.of("MAE_SPARK", "3.4"), "demo");

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).isEqualTo("mae: Invalid MAE_SPARK: 3.4 (must be 3.5, 4.0 or 4.1)\n");
  }

  @Test
  void refusesAnOptionWithoutItsValue() throws Exception {
    Run run = new Launcher(directory).run(Map.of(), "--master");

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err())
        .isEqualTo("mae: Invalid option: --master (must be followed by a value)\n");
  }
}
