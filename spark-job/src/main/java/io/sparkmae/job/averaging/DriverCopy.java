package io.sparkmae.job.averaging;

import io.sparkmae.job.averaging.Slices.Slice;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The driver's graph, and the outer step's momentum: what a run starts from, and what checkpoints
 * are made of.
 *
 * @param momentum null for plain averaging
 */
record DriverCopy(State state, State momentum) {

  static DriverCopy of(ComputationGraph network, OuterStep outer, INDArray outerMomentum) {
    if (outer.isPlain()) {
      return new DriverCopy(State.of(network), null);
    }
    INDArray momentum = outerMomentum == null ? network.params().like() : outerMomentum;
    return new DriverCopy(State.of(network), State.ofVector(momentum));
  }

  Slices slices() {
    return state.slices();
  }

  ComputationGraphConfiguration configuration() {
    return state.graph().getConfiguration();
  }

  /** Makes it the average that workers start from. */
  Average publish() {
    long id = publish(state);
    long momentumId = momentum == null ? Average.NONE : publish(momentum);
    return new Average(
        id,
        true,
        Average.NONE,
        momentumId,
        configuration().getIterationCount(),
        configuration().getEpochCount());
  }

  private static long publish(State state) {
    long id = Blocks.newId();
    for (Slice slice : state.slices().averaged(true)) {
      Blocks.put(Blocks.of(id, slice.index()), state.read(slice));
    }
    return id;
  }

  /** Takes over an average; after a {@link StateLost} it is neither the old nor the new one. */
  void fetch(Average average) {
    fetch(average, average.id(), state, average.withMoments());
    if (momentum != null) {
      fetch(average, average.outerMomentum(), momentum, false);
    }
  }

  private static void fetch(Average average, long id, State into, boolean withMoments) {
    for (Slice slice : into.slices().averaged(withMoments)) {
      if (!Blocks.read(Blocks.of(id, slice.index()), numbers -> into.write(slice, numbers))) {
        throw new StateLost(average.iteration());
      }
    }
  }
}
