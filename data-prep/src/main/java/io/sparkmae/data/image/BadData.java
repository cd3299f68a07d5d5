package io.sparkmae.data.image;

/**
 * Data that cannot be used; the message is one sentence that names the file, and the row or key
 * where there is one.
 */
public final class BadData extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Takes a message that says what is wrong, in which file, and what to do about it. */
  public BadData(String message) {
    super(message);
  }

  /** Takes a message as above, and the exception that revealed the bad data. */
  public BadData(String message, Throwable cause) {
    super(message, cause);
  }
}
