package io.sparkmae.job.train;

/**
 * Thrown when SIGTERM has ended the run between two rounds; the same command continues from its
 * checkpoint.
 */
public final class Stopped extends RuntimeException {

  private static final long serialVersionUID = 1;

  Stopped(int step) {
    super("Stopped by SIGTERM before step %d (run the same command to go on)".formatted(step));
  }
}
