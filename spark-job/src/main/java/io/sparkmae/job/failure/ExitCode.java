package io.sparkmae.job.failure;

/**
 * The exit codes of the process. A scheduler may retry after {@link #RETRY} and should stop at the
 * others.
 */
public final class ExitCode {

  public static final int DONE = 0;

  /** A fault of the program, or a check that failed. */
  public static final int FAILED = 1;

  public static final int BAD_OPTIONS = 2;
  public static final int BAD_DATA = 3;
  public static final int NON_FINITE_LOSS = 4;

  /** Spark or storage failed; the same command may succeed later. */
  public static final int RETRY = 75;

  private ExitCode() {}
}
