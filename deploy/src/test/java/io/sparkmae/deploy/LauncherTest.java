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
  void refusesAnOldJava() throws Exception {
    Path java = Files.createDirectories(directory.resolve("jdk/bin")).resolve("java");
    Files.writeString(java, "#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n");
    assertThat(java.toFile().setExecutable(true)).isTrue();

    Run run =
        new Launcher(directory)
            .run(Map.of("JAVA_HOME", directory.resolve("jdk").toString()), "demo");

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err())
        .isEqualTo(
            "mae: Invalid Java: " + java + " is version 11 (must be a JDK 17; set JAVA_HOME)\n");
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
