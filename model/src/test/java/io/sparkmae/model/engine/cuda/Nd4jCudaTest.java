package io.sparkmae.model.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ops.executioner.OpExecutioner.ExecutionerType;
import org.nd4j.linalg.factory.Nd4j;

class Nd4jCudaTest {

  @ParameterizedTest
  @ValueSource(ints = {37, 52, 61, 70, 75, 80, 86, 89})
  void keplerToAdaHaveCode(int capability) {
    assertThat(Nd4jCuda.obstacleOf(capability)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {30, 35, 90, 100, 120})
  void olderAndNewerHaveNone(int capability) {
    assertThat(Nd4jCuda.obstacleOf(capability))
        .isEqualTo(
            "compute capability %d.%d, and ND4J has code for 3.7 to 8.9 alone"
                .formatted(capability / 10, capability % 10));
  }

  @Test
  void theHigherPriorityDecides() {
    assertThat(Nd4jCuda.isChosen(null, null)).isTrue();
    assertThat(Nd4jCuda.isChosen("200", null)).isFalse();
    assertThat(Nd4jCuda.isChosen("200", "300")).isTrue();
  }

  @Test
  void testsComputeOnTheCpuWhateverTheJobIsBuiltFor() {
    assertThat(Nd4jCuda.isChosen()).isFalse();
    assertThat(Nd4j.getExecutioner().type()).isEqualTo(ExecutionerType.NATIVE_CPU);
  }
}
