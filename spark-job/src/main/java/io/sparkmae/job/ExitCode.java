package io.sparkmae.job;

/**
 * The exit codes of the process. A scheduler may retry after {@link #RETRY} and should stop at the
 * others.
 */
final class ExitCode {

  static final int DONE = 0;

  /** A fault of the program, or a check that failed. */
  static final int FAILED = 1;

  static final int BAD_OPTIONS = 2;
  static final int BAD_DATA = 3;
  static final int NON_FINITE_LOSS = 4;

  /** Spark or storage failed; the same command may succeed later. */
  static final int RETRY = 75;

  private ExitCode() {}
}
