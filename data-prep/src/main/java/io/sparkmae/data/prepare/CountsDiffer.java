package io.sparkmae.data.prepare;

/**
 * Thrown when not every file that a preparation met is a row, a reject or skipped: a fault of the
 * program, whose output is not to be trusted.
 */
final class CountsDiffer extends RuntimeException {
  private static final long serialVersionUID = 1L;

  CountsDiffer(String message) {
    super(message);
  }
}
