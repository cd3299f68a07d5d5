package io.sparkmae.deploy;

import java.io.IOException;
import java.util.List;
import java.util.Map;

/**
 * A cluster with the driver at one place, and the steps of a {@link Chain} as they are said there.
 */
interface Site {

  /**
   * The words of each step after {@code spark-submit}, without class and jar: {@code prepare},
   * {@code pretrain}, {@code export}, {@code verify}, and {@code refused}, which fails with code 3.
   * Some have {@code again}, a {@code pretrain} of what is finished, and {@code help}.
   */
  Map<String, List<String>> steps() throws IOException;

  /** The command that submits a step's words, with its environment. */
  ProcessBuilder submission(List<String> words) throws IOException;

  List<ProcessHandle> executors();

  /** The drivers that run: their JVMs, not the shells around them. */
  List<ProcessHandle> drivers();

  /** What spark-submit answers where the driver ends with a code. */
  int answer(int exitCode);

  /** Whether spark-submit asks only every ten seconds whether the driver has ended. */
  boolean answersLate();

  /** Whether a stopped driver of {@code pretrain} is started again by the cluster. */
  boolean triesAgain();
}
