package io.sparkmae.job.train;

import io.sparkmae.model.EngineGraph;
import java.io.IOException;

/** What a run does after every epoch, on the driver. */
@FunctionalInterface
public interface EpochEnd {

  /** Does nothing, so the driver needs no parameters. */
  EpochEnd NONE = (graph, epoch) -> false;

  /**
   * Called with the parameters after an epoch; once more for an epoch that was trained again.
   *
   * @param epoch from 0
   * @return whether a checkpoint shall be kept of this moment
   */
  boolean reached(EngineGraph graph, int epoch) throws IOException;
}
