package io.sparkmae.data.image;

/**
 * Thrown when bytes cannot be decoded as an image, with the reason; callers add the name of the
 * image.
 */
public final class Undecodable extends Exception {
  private static final long serialVersionUID = 1L;

  private final RejectReason reason;

  public Undecodable(RejectReason reason, String detail) {
    super(detail);
    this.reason = reason;
  }

  public RejectReason reason() {
    return reason;
  }
}
