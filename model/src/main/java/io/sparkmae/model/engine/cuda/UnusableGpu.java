package io.sparkmae.model.engine.cuda;

/** Thrown when a GPU, or a machine that should have one, cannot do what was requested. */
public final class UnusableGpu extends IllegalArgumentException {

  private static final long serialVersionUID = 1;

  /** Takes a message with the reason and the remedy. */
  public UnusableGpu(String message) {
    super(message);
  }
}
