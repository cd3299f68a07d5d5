package io.sparkmae.job.train;

/**
 * Thrown when requested executors have not started; they may start later, when the cluster has
 * room.
 */
public final class SlotsMissing extends RuntimeException {

  private static final long serialVersionUID = 1;

  SlotsMissing(String there, String asked, long seconds) {
    super(
        "Cannot count the task slots: %s of %s after %d s (wait until the cluster has room, or give --workers)"
            .formatted(there, asked, seconds));
  }
}
