package io.sparkmae.data;

/** Bytes that do not give an image, and why; callers add the name of the image. */
final class Undecodable extends Exception {
  private static final long serialVersionUID = 1L;

  private final RejectReason reason;

  Undecodable(RejectReason reason, String detail) {
    super(detail);
    this.reason = reason;
  }

  RejectReason reason() {
    return reason;
  }
}
