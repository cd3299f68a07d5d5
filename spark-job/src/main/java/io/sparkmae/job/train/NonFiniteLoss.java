package io.sparkmae.job.train;

/** Thrown when the loss is NaN or infinite; the message has the steps in which this happened. */
public final class NonFiniteLoss extends RuntimeException {

  private static final long serialVersionUID = 1;

  public NonFiniteLoss(String message) {
    super(message);
  }

  NonFiniteLoss(Round round) {
    this(
        "Non-finite loss within steps [%d, %d] of epoch %d (lower train.base-lr or lengthen train.warmup-epochs)"
            .formatted(round.firstStep(), round.lastStep(), round.epoch()));
  }
}
