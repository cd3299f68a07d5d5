package io.sparkmae.job.train;

import io.sparkmae.job.config.RunConfig;
import io.sparkmae.job.config.RunConfig.Train;
import io.sparkmae.model.MaeGraph;
import io.sparkmae.model.optimiser.AdamW;
import io.sparkmae.model.optimiser.WarmupCosine;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Sgd;

/** The graph of a run, with the updater and the learning rates that its settings ask for. */
public final class TrainedGraph {

  private static final double EPSILON = 1e-8; // of AdamW, as in the reference

  private TrainedGraph() {}

  /** Returns the graph that {@code run} trains on so many images, its parameters arbitrary. */
  public static MaeGraph blank(RunConfig run, long images, int workers) {
    return blank(run, RoundPlan.of(run, images, workers).schedule());
  }

  static MaeGraph blank(RunConfig run, WarmupCosine schedule) {
    return MaeGraph.blank(run.model(), updater(run.train(), schedule), run.train().weightDecay());
  }

  private static IUpdater updater(Train train, WarmupCosine schedule) {
    return switch (train.optimiser()) {
      case ADAMW -> adamW(train, schedule);
      case SGD -> Sgd.builder().learningRateSchedule(schedule).build();
    };
  }

  static AdamW adamW(Train train, WarmupCosine schedule) {
    return new AdamW(schedule, train.beta1(), train.beta2(), EPSILON);
  }
}
