package io.sparkmae.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkmae.data.BadData;
import io.sparkmae.model.engine.UnusableGpu;
import java.io.ByteArrayOutputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.apache.spark.SparkException;
import org.junit.jupiter.api.Test;

class FailureTest {

  @Test
  void executorsReasonsAreFoundBelowSparks() {
    assertThat(behindSpark(new BadData("Cannot decode a.jpg: cut off")))
        .isEqualTo(ExitCode.BAD_DATA);
    assertThat(behindSpark(new FileNotFoundException("File /a does not exist")))
        .isEqualTo(ExitCode.BAD_DATA);
  }

  @Test
  void sparkAndStorageMayPass() {
    assertThat(behindSpark(new IOException("connection reset"))).isEqualTo(ExitCode.RETRY);
    assertThat(Failure.of(new IOException("disk full")).exitCode()).isEqualTo(ExitCode.RETRY);
  }

  @Test
  void onlyTheCommandsOwnArgumentsAreBadOptions() {
    assertThat(Failure.of(new IllegalArgumentException("Invalid k: 0")).exitCode())
        .isEqualTo(ExitCode.BAD_OPTIONS);
    assertThat(behindSpark(new IllegalArgumentException("within"))).isEqualTo(ExitCode.RETRY);
    assertThat(Failure.of(new IllegalStateException("a fault")).exitCode())
        .isEqualTo(ExitCode.FAILED);
  }

  @Test
  void aGpuThatCannotDoItIsAMatterOfSettingsAlsoOnAnExecutor() {
    assertThat(behindSpark(new UnusableGpu("Cannot take 9 MiB of the GPU's memory")))
        .isEqualTo(ExitCode.BAD_OPTIONS);
  }

  @Test
  void reportIsTheReasonAndWhatIsBehindIt() {
    Throwable thrown =
        new SparkException(
            "Job aborted", new BadData("Cannot read b.tar", new IOException("b.tar ends early")));
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Failure.of(thrown).report(new PrintStream(err, true, StandardCharsets.UTF_8), false);
    assertThat(err.toString(StandardCharsets.UTF_8).lines())
        .containsExactly("mae: Cannot read b.tar", "  because: b.tar ends early");
  }

  private static int behindSpark(Exception reason) {
    return Failure.of(new RuntimeException(new SparkException("Job aborted", reason))).exitCode();
  }
}
