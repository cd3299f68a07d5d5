package io.sparkmae.job.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class SleepingThreadsTest {

  @Test
  void aDriverThatTrainsOnSeveralThreadsIsToldWhatToSet() {
    assertThat(SleepingThreads.warning(true, 2, Map.of("PATH", "/bin")))
        .hasValueSatisfying(
            warning ->
                assertThat(warning)
                    .contains("2 threads", "OMP_WAIT_POLICY=active GOMP_SPINCOUNT=1000"));
  }

  @Test
  void nobodyElseIs() {
    assertThat(SleepingThreads.warning(true, 2, Map.of("OMP_WAIT_POLICY", "passive"))).isEmpty();
    assertThat(SleepingThreads.warning(true, 1, Map.of())).isEmpty();
    assertThat(SleepingThreads.warning(false, 16, Map.of())).isEmpty();
  }
}
