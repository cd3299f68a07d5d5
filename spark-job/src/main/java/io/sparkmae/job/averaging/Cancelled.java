package io.sparkmae.job.averaging;

import org.apache.spark.TaskContext;

/** Whether this thread's task was cancelled: Spark asks, and a task that computes must look. */
final class Cancelled {

  private Cancelled() {}

  /**
   * Ends the task if it was cancelled.
   *
   * @throws org.apache.spark.TaskKilledException which Spark takes for what it is
   */
  static void check() {
    TaskContext task = TaskContext.get();
    if (task != null) {
      task.killTaskIfInterrupted();
    }
  }
}
