package io.sparkmae.job.train;

import java.util.Collection;
import org.apache.spark.broadcast.Broadcast;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.spark.api.TrainingHook;
import org.deeplearning4j.spark.api.WorkerConfiguration;
import org.deeplearning4j.spark.impl.paramavg.ParameterAveragingTrainingWorker;

/** One task's share of a round: starts where the last average is in the schedule. */
final class RoundWorker extends ParameterAveragingTrainingWorker {

  private static final long serialVersionUID = 1;

  private final Broadcast<AveragedState> state;

  RoundWorker(
      Broadcast<AveragedState> state, WorkerConfiguration work, Collection<TrainingHook> hooks) {
    super(null, true, work, hooks, null, null);
    this.state = state;
  }

  @Override
  public ComputationGraph getInitialModelGraph() {
    return state.getValue().resident();
  }
}
