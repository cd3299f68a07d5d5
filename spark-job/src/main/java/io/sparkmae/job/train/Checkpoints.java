package io.sparkmae.job.train;

import java.io.IOException;

/** Where a run leaves its state, from time to time and at its end. */
@FunctionalInterface
public interface Checkpoints {

  /** Nothing is kept. */
  Checkpoints NONE = soFar -> null;

  /**
   * Keeps {@code soFar}; the graph goes on being trained unless the run is finished.
   *
   * @return where it was kept; null if it was not
   */
  ResumePoint keep(Trained soFar) throws IOException;
}
