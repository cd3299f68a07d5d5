package io.sparkmae.job.train;

import io.sparkmae.model.MaeGraph;
import java.io.Serializable;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What every worker starts a round from: the last average, and its place in the schedule.
 *
 * <p>A plain class, with the configuration as JSON: it is broadcast, and Spark's Kryo refuses
 * records.
 */
final class AveragedState implements Serializable {

  private static final long serialVersionUID = 1;

  // Building SameDiff's backward graph costs as much as some steps: a thread keeps its graph for
  // the next round.
  private static final ThreadLocal<Resident> RESIDENT = new ThreadLocal<>();

  private final String configuration; // of iteration 0: the same in all rounds of a run
  private final int iteration;
  private final int epoch;
  private final INDArray params;
  private final INDArray updaterState;

  private record Resident(String configuration, MaeGraph graph) {}

  AveragedState(ComputationGraph graph) {
    ComputationGraphConfiguration current = graph.getConfiguration();
    iteration = current.getIterationCount();
    epoch = current.getEpochCount();
    configuration = current.clone().toJson(); // DL4J's clone() forgets the counters
    params = graph.params();
    updaterState = graph.getUpdater().getStateViewArray();
  }

  /** A graph of the caller's own in this state. */
  MaeGraph fresh() {
    MaeGraph graph =
        MaeGraph.of(
            ComputationGraphConfiguration.fromJson(configuration),
            params.unsafeDuplication(),
            updaterState == null ? null : updaterState.unsafeDuplication());
    place(graph);
    return graph;
  }

  /** This thread's graph, set to this state. */
  MaeGraph resident() {
    Resident resident = RESIDENT.get();
    if (resident == null || !resident.configuration.equals(configuration)) {
      resident = new Resident(configuration, fresh());
      RESIDENT.set(resident);
      return resident.graph;
    }
    resident.graph.setParams(params);
    if (updaterState != null) {
      resident.graph.getUpdater().setStateViewArray(updaterState);
    }
    place(resident.graph);
    return resident.graph;
  }

  private void place(MaeGraph graph) {
    graph.getConfiguration().setIterationCount(iteration);
    graph.getConfiguration().setEpochCount(epoch);
  }
}
