package io.sparkmae.job.train;

import java.io.IOException;

/** Where a run leaves its state from time to time. */
@FunctionalInterface
public interface Checkpoints {

  /** Keeps {@code soFar}, of a run that is not finished; the graph goes on being trained. */
  void keep(Trained soFar) throws IOException;
}
