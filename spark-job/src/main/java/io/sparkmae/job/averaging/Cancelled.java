package io.sparkmae.job.averaging;

import org.apache.spark.TaskContext;

/**
 * Checks whether this thread's task was cancelled: Spark only sets a flag, which a computing task
 * must check.
 */
final class Cancelled {

  private Cancelled() {}

  /**
   * Ends the task if it was cancelled.
   *
   * @throws org.apache.spark.TaskKilledException if it was cancelled; Spark does not count this as
   *     a failure
   */
  static void check() {
    TaskContext task = TaskContext.get();
    if (task != null) {
      task.killTaskIfInterrupted();
    }
  }
}
