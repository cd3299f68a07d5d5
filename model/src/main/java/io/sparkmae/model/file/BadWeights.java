package io.sparkmae.model.file;

import java.io.IOException;

/** Thrown when a file of weights breaks its format; the message is one sentence. */
public final class BadWeights extends IOException {
  private static final long serialVersionUID = 1;

  /** Takes a message that says what is wrong, with which tensor or file. */
  public BadWeights(String message) {
    super(message);
  }

  /** Takes a message as above, and the exception that revealed the problem. */
  public BadWeights(String message, Throwable cause) {
    super(message, cause);
  }
}
