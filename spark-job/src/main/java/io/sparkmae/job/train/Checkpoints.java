package io.sparkmae.job.train;

import java.io.IOException;

/** The place where a run stores its state, at intervals and at its end. */
@FunctionalInterface
public interface Checkpoints {

  /** Stores nothing. */
  Checkpoints NONE = soFar -> null;

  /**
   * Stores {@code soFar}; training of the graph continues unless the run is finished.
   *
   * @return the stored state; null if it was not stored
   */
  ResumePoint keep(Trained soFar) throws IOException;
}
