package io.sparkmae.job.averaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkmae.job.averaging.exchange.Slices;
import org.junit.jupiter.api.Test;

class MemoryTest {

  private static final Slices VIT_BASE = new Slices(112_000_000, 224_000_000);
  private static final long GIB = 1L << 30;

  @Test
  void enoughIsSaidWithoutACure() {
    assertThat(new Memory(4 * GIB, 8 * GIB, 0).against(VIT_BASE, 1))
        .isEqualTo(
            "heap 4096 MiB, native arrays up to 8192 MiB, process unlimited; "
                + "weights, gradients and moments take 1708 MiB a worker");
  }

  @Test
  void gradientsOfPartsTakeOneVectorMore() {
    assertThat(new Memory(4 * GIB, 8 * GIB, 0).against(VIT_BASE, 4))
        .endsWith("weights, gradients, their sum and moments take 2136 MiB a worker");
  }

  @Test
  void tooLittleIsSaidWithTheCure() {
    assertThat(new Memory(4 * GIB, GIB, 0).against(VIT_BASE, 1))
        .contains("TOO SMALL: raise -Dorg.bytedeco.javacpp.maxbytes in")
        .contains("spark.executor.memoryOverhead");
    assertThat(new Memory(4 * GIB, 8 * GIB, 5 * GIB).against(VIT_BASE, 1))
        .endsWith(
            "TOO SMALL: raise -Dorg.bytedeco.javacpp.maxphysicalbytes to at least 6828 MiB, or set it to 0");
  }
}
