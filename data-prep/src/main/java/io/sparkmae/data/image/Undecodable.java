package io.sparkmae.data.image;

/** Bytes that do not give an image, and why; callers add the name of the image. */
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
