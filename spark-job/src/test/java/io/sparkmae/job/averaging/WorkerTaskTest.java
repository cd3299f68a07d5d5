package io.sparkmae.job.averaging;

import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.sparkmae.job.averaging.exchange.Slices;
import java.util.List;
import org.junit.jupiter.api.Test;

class WorkerTaskTest {

  @Test
  void onlyAGraphWithAnEngineComputesInParts() {
    Slices slices = new Slices(10, 20);
    new WorkerTask.Run(null, null, true, Compute.BY_GRAPH, slices, List.of(), 2, null);
    new WorkerTask.Run(null, null, false, Compute.BY_GRAPH, slices, List.of(), 1, null);
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                new WorkerTask.Run(null, null, false, Compute.BY_GRAPH, slices, List.of(), 2, null))
        .withMessage(
            "Invalid parts of a minibatch: 2 (only a graph with an engine computes more than 1)");
  }
}
