package io.sparkmae.job.plan;

import io.sparkmae.job.spark.Sessions;

/**
 * What the processes of a run may use.
 *
 * @param master as Spark names it; with {@code local[…]} one process does everything
 * @param cores of an executor
 * @param taskCpus cores of a worker, its threads
 * @param heap of an executor in bytes; 0 asks for a proposal
 * @param overhead bytes that an executor's container has beside the heap; 0 asks for a proposal
 * @param driverHeap of the driver in bytes; 0 asks for a proposal
 * @param gpuMemory bytes of each worker's GPU; 0 for none
 * @param networkGbps speed of an executor's network, in 10⁹ bits a second
 */
public record Cluster(
    String master,
    int cores,
    int taskCpus,
    long heap,
    long overhead,
    long driverHeap,
    long gpuMemory,
    double networkGbps) {

  public Cluster {
    require(cores > 0, "--executor-cores", cores, "must be at least 1");
    require(
        taskCpus > 0 && taskCpus <= cores,
        "--task-cpus",
        taskCpus,
        "must be 1 to %d, the executor's cores".formatted(cores));
    require(networkGbps > 0, "--network-gbps", networkGbps, "must be positive");
  }

  private static void require(boolean holds, String option, Object value, String rule) {
    if (!holds) {
      throw new IllegalArgumentException("Invalid %s: %s (%s)".formatted(option, value, rule));
    }
  }

  /** Returns whether one process does everything. */
  public boolean isLocal() {
    return Sessions.isLocal(master);
  }

  /** Returns the workers that run in one executor at once. */
  int workersOfExecutor() {
    return gpuMemory > 0 && !isLocal() ? 1 : cores / taskCpus;
  }

  /** Returns the executors that so many workers take, all at work at once. */
  int executors(int workers) {
    return (workers - 1) / workersOfExecutor() + 1;
  }
}
