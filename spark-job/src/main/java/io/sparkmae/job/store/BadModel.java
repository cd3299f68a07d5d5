package io.sparkmae.job.store;

/**
 * Thrown when a model directory cannot be used; the message is one sentence that names it and the
 * remedy.
 */
public final class BadModel extends RuntimeException {
  private static final long serialVersionUID = 1;

  /**
   * Takes a message that says what is wrong, with which directory or file, and what to do about it.
   */
  public BadModel(String message) {
    super(message);
  }

  /** Takes a message as above, and the exception that revealed the problem. */
  public BadModel(String message, Throwable cause) {
    super(message, cause);
  }
}
