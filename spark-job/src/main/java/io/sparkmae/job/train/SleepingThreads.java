package io.sparkmae.job.train;

import java.util.Map;
import java.util.Optional;

/**
 * The warning that the threads of a step sleep and wake, where no launcher of ours set the
 * environment: libgomp counts the driver's threads too, and lets threads spin a tenth as long where
 * a process has more of them than cores.
 */
final class SleepingThreads {

  private static final String POLICY = "OMP_WAIT_POLICY";

  private SleepingThreads() {}

  /**
   * Returns the warning for a run.
   *
   * @param isLocal whether tasks run in the driver's process; executors get their environment from
   *     the session
   * @param threads of a step
   */
  static Optional<String> warning(boolean isLocal, int threads, Map<String, String> environment) {
    if (!isLocal || threads == 1 || environment.containsKey(POLICY)) {
      return Optional.empty();
    }
    return Optional.of(
        "WARN: %s is not set, so the %d threads of a step sleep and wake thousands of times a second, which takes up to a quarter of its speed (export %s=active GOMP_SPINCOUNT=1000 before spark-submit)"
            .formatted(POLICY, threads, POLICY));
  }
}
