package io.sparkmae.job.averaging;

import io.sparkmae.job.averaging.exchange.Average;
import io.sparkmae.job.averaging.exchange.Slices;
import io.sparkmae.job.averaging.exchange.Slices.Slice;
import io.sparkmae.job.averaging.exchange.State;
import io.sparkmae.job.averaging.exchange.StateLost;
import io.sparkmae.job.spark.SparkBlocks;
import org.deeplearning4j.nn.api.TrainingConfig;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.graph.vertex.GraphVertex;
import org.deeplearning4j.nn.updater.graph.ComputationGraphUpdater;

/**
 * The driver's graph: the start of a run, and the place of its final parameters.
 *
 * <p>It may lack moments, which are twice as long as the parameters: a graph without an updater
 * neither publishes nor fetches them.
 */
record DriverCopy(State state, Slices slices) {

  static DriverCopy of(ComputationGraph graph) {
    ComputationGraphUpdater updater = graph.getUpdater(false);
    State state =
        new State(graph, graph.params(), updater == null ? null : updater.getStateViewArray());
    return new DriverCopy(state, new Slices(state.params().length(), moments(graph)));
  }

  private static long moments(ComputationGraph graph) {
    long moments = 0;
    for (GraphVertex vertex : graph.getVertices()) {
      TrainingConfig config = vertex.getConfig();
      for (var param : vertex.paramTable(true).entrySet()) {
        moments += config.getUpdaterByParam(param.getKey()).stateSize(param.getValue().length());
      }
    }
    return moments;
  }

  ComputationGraphConfiguration configuration() {
    return state.graph().getConfiguration();
  }

  /** Publishes the graph's state as the average from which workers start. */
  Average publish() {
    boolean withMoments = slices.moments() == 0 || state.moments() != null;
    Average average =
        Average.whole(
            withMoments,
            false,
            configuration().getIterationCount(),
            configuration().getEpochCount());
    for (Slice slice : slices.averaged(withMoments)) {
      SparkBlocks.put(SparkBlocks.of(average.id(), slice.index()), state.read(slice));
    }
    return average;
  }

  /**
   * Copies an average into the graph. After a {@link StateLost} the graph has a mixture of old and
   * new values.
   */
  void fetch(Average average) {
    boolean withMoments = average.withMoments() && state.moments() != null;
    for (Slice slice : slices.averaged(withMoments)) {
      if (!average.read(slice, numbers -> state.write(slice, numbers))) {
        throw new StateLost(average.iteration());
      }
    }
  }
}
