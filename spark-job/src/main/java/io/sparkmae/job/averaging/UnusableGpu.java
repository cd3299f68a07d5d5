package io.sparkmae.job.averaging;

/** An executor cannot compute on the GPU that Spark gave its task. */
public final class UnusableGpu extends RuntimeException {

  private static final long serialVersionUID = 1;

  UnusableGpu(String message) {
    super(message);
  }
}
