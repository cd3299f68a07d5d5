package io.sparkmae.data.image;

import java.util.Optional;

/**
 * Data that cannot be used; the message is one sentence that names the file, and the row or key
 * where there is one.
 */
public final class BadData extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Says what is wrong, with which file, and what to do about it. */
  public BadData(String message) {
    super(message);
  }

  /** The same, with the failure that showed it. */
  public BadData(String message, Throwable cause) {
    super(message, cause);
  }

  /** Finds the bad data behind a failure, since Spark wraps what an executor threw. */
  public static Optional<BadData> behind(Throwable failure) {
    for (Throwable t = failure; t != null; t = t.getCause()) {
      if (t instanceof BadData bad) {
        return Optional.of(bad);
      }
    }
    return Optional.empty();
  }
}
