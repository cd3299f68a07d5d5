package io.sparkmae.model.engine.cuda;

/** A GPU, or a machine that should have one, that cannot do what is asked of it. */
public final class UnusableGpu extends IllegalArgumentException {

  private static final long serialVersionUID = 1;

  /** With the reason and the cure. */
  public UnusableGpu(String message) {
    super(message);
  }
}
