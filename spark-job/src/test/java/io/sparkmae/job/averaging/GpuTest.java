package io.sparkmae.job.averaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkmae.model.engine.cuda.UnusableGpu;
import org.junit.jupiter.api.Test;

class GpuTest {

  @Test
  void aTasksAddressIsTheOrdinal() {
    assertThat(Gpu.ordinal("3")).isEqualTo(3);
  }

  @Test
  void severalAddressesAndOtherNamesAreRefused() {
    assertThatThrownBy(() -> Gpu.ordinal("0", "1"))
        .isInstanceOf(UnusableGpu.class)
        .hasMessageStartingWith("Invalid GPU addresses of a task: 0, 1 (must be one ordinal");
    assertThatThrownBy(() -> Gpu.ordinal("GPU-8f3a")).hasMessageContaining("task: GPU-8f3a (must");
  }
}
