package io.sparkmae.job.averaging;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ProcessorsTest {

  @Test
  void executorsThatDifferAreWarnedOfOnce() {
    assertThat(said("AVX2", "AVX2", "AVX2")).isEmpty();
    assertThat(said("AVX2", "AVX512", "AVX2", "AVX512"))
        .containsOnlyOnce("executors differ")
        .contains("AVX2=executor_0", "AVX512=executor_1");
  }

  private static String said(String... processors) {
    PrintStream stderr = System.err;
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
    try {
      Processors seen = new Processors();
      for (int i = 0; i < processors.length; i++) {
        seen.saw(processors[i], "executor_" + i);
      }
      return err.toString(StandardCharsets.UTF_8);
    } finally {
      System.setErr(stderr);
    }
  }
}
