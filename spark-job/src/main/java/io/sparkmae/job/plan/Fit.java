package io.sparkmae.job.plan;

import io.sparkmae.job.config.RunConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Refuses a run that its cluster's memory cannot hold, and names the nearest that it can. */
final class Fit {

  private static final long MIB = 1 << 20;

  // of an executor's heap besides slices, which may go to the disk: Spark, and the images of a step
  private static final long LEAST_HEAP = 450 * MIB;

  private final RunConfig run;
  private final int workers;
  private final Cluster cluster;

  Fit(RunConfig run, int workers, Cluster cluster) {
    this.run = run;
    this.workers = workers;
    this.cluster = cluster;
  }

  /**
   * Returns the memory of the run.
   *
   * @throws IllegalArgumentException if it does not fit, with what would
   */
  MemoryPlan require() {
    requireHeap(cluster.isLocal() ? 0 : cluster.heap(), "--executor-memory");
    requireHeap(cluster.driverHeap(), "--driver-memory");
    MemoryPlan memory = MemoryPlan.of(run, workers, cluster);
    requireGpu(memory);
    if (isOver(memory)) {
      Process process = process(memory);
      throw new IllegalArgumentException(
          "Cannot fit: %s needs %d MiB beside its heap and has %d (%sgive --executor-overhead %dm)"
              .formatted(
                  memory.executor() == null ? "the process" : "an executor",
                  process.besideHeap(),
                  cluster.overhead() / MIB,
                  smaller(),
                  process.besideHeap()));
    }
    return memory;
  }

  private void requireGpu(MemoryPlan memory) {
    if (memory.gpu() != null && memory.gpu().total() > cluster.gpuMemory() / MIB) {
      throw new IllegalArgumentException(
          "Cannot fit: a worker needs %d MiB on its GPU and has %d (%sgive GPUs of --gpu-memory %dm)"
              .formatted(
                  memory.gpu().total(),
                  cluster.gpuMemory() / MIB,
                  smaller(),
                  memory.gpu().total()));
    }
  }

  private static void requireHeap(long heap, String option) {
    if (heap > 0 && heap < LEAST_HEAP) {
      throw new IllegalArgumentException(
          "Cannot fit: %s %dm (Spark refuses heaps below 450 MiB; give at least 1g)"
              .formatted(option, heap / MIB));
    }
  }

  private static Process process(MemoryPlan memory) {
    return memory.executor() == null ? memory.driver() : memory.executor();
  }

  private boolean isOver(MemoryPlan memory) {
    return cluster.overhead() > 0 && process(memory).besideHeap() > cluster.overhead() / MIB;
  }

  private boolean fits(RunConfig other) {
    MemoryPlan memory = MemoryPlan.of(other, workers, cluster);
    return !isOver(memory)
        && (memory.gpu() == null || memory.gpu().total() <= cluster.gpuMemory() / MIB);
  }

  /** Returns the largest batch that fits with the same images of a step, as options; may be "". */
  private String smaller() {
    int batch = run.train().batchSize();
    List<Integer> divisors =
        new ArrayList<>(
            IntStream.range(1, batch)
                .filter(n -> batch % n == 0 && n % run.data().cropsPerImage() == 0)
                .boxed()
                .toList());
    for (int i = divisors.size() - 1; i >= 0; i--) {
      int parts = run.train().accumulation() * (batch / divisors.get(i));
      if (fits(run.withBatches(divisors.get(i), parts))) {
        return "give --batch-size %d --gradient-accumulation %d, or "
            .formatted(divisors.get(i), parts);
      }
    }
    return "";
  }
}
