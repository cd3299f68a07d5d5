package io.sparkmae.job.store;

/**
 * A model directory that cannot be trusted; the message is one sentence that names it and the cure.
 */
public final class BadModel extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** Says what is wrong, with which directory or file, and what to do about it. */
  public BadModel(String message) {
    super(message);
  }

  /** The same, with the failure that showed it. */
  public BadModel(String message, Throwable cause) {
    super(message, cause);
  }
}
