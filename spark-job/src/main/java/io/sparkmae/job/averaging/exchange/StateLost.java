package io.sparkmae.job.averaging.exchange;

/**
 * Thrown when no executor has a slice of the last average any more; training continues from a
 * checkpoint.
 */
public final class StateLost extends RuntimeException {

  private static final long serialVersionUID = 1;

  public StateLost(int iteration) {
    super("Lost the average before step %d with the executors that held it".formatted(iteration));
  }
}
