package io.sparkmae.job.plan;

import io.sparkmae.job.averaging.exchange.ExchangePlan;
import io.sparkmae.job.averaging.exchange.Slices;
import io.sparkmae.job.averaging.exchange.Traffic;
import io.sparkmae.job.config.RunConfig;
import io.sparkmae.model.ReferenceNames;
import io.sparkmae.model.config.Engine;
import io.sparkmae.model.engine.Footprint;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The memory of a run's processes.
 *
 * <p>The vectors and the exchange are counted, and the engine plans its workspace; only what Java
 * and Spark take for themselves was measured ({@code docs/memory.md}).
 *
 * @param parameters numbers of the model
 * @param driver with a local master, the only process
 * @param executor null with a local master
 * @param gpu memory of each worker's GPU; null without
 * @param blocks MiB of slices on an executor's heap while workers exchange results
 * @param blocksFit whether Spark keeps them in memory; if not, some go to the disk, which is slow
 * @param traffic of a round
 */
record MemoryPlan(
    long parameters,
    Process driver,
    Process executor,
    Process gpu,
    long blocks,
    boolean blocksFit,
    Traffic traffic) {

  private static final long MIB = 1 << 20;
  private static final String WORKSPACE = "workspace of the engine";
  private static final String SUM = "sum of the gradients of parts";

  // measured: code, class data, threads, buffers of the network, libraries
  private static final long JAVA_OF_EXECUTOR = 400 * MIB;
  private static final long JAVA_OF_DRIVER = 400 * MIB;
  private static final long CUDA = 600 * MIB; // its context, and kernels

  private static final long SENT = 96 * MIB; // slices that the driver sends and fetches
  private static final long PICTURE = 20 * MIB;
  private static final long MINIBATCHES = 3; // one in work, two ahead
  private static final long DECODING = 50 * MIB; // 12 million pixels
  private static final long CACHED_IMAGES = 256 * MIB; // PatchReader's, on the heap

  // Spark's: it keeps blocks in 0.6 of the heap without 300 MiB
  private static final double STORAGE = 0.6;
  private static final long RESERVED = 300 * MIB;
  private static final long STEP_OF_HEAP = 256 * MIB; // of proposals

  /** Returns the memory of {@code run} with so many workers. */
  static MemoryPlan of(RunConfig run, int workers, Cluster cluster) {
    return new Sum(run, workers, cluster).plan();
  }

  /** The bytes of a run. */
  private static final class Sum {

    private final RunConfig run;
    private final Cluster cluster;
    private final Footprint step;
    private final Traffic traffic;
    private final int here; // workers of a process

    Sum(RunConfig run, int workers, Cluster cluster) {
      this.run = run;
      this.cluster = cluster;
      step = footprint(run, cluster);
      int executors = cluster.isLocal() ? 1 : cluster.executors(workers);
      here = Math.min((workers - 1) / executors + 1, cluster.workersOfExecutor());
      Slices slices = new Slices(step.parameters(), moments(run) * step.parameters());
      boolean averaged = run.averaging().optimiserState() || slices.moments() == 0;
      ExchangePlan exchange = new ExchangePlan(slices, workers, averaged);
      traffic = Traffic.of(exchange, run.averaging().exchangePrecision(), executors);
    }

    MemoryPlan plan() {
      boolean local = cluster.isLocal();
      long heap = local ? cluster.driverHeap() : cluster.heap();
      long blocks = traffic.mostStored() + (local ? vector() : 0);
      long given = heap > 0 ? heap : proposed(blocks + here * CACHED_IMAGES);
      long driverHeap = local ? given : driverHeap();
      return new MemoryPlan(
          step.parameters(),
          Process.of(driver(driverHeap)),
          local ? null : Process.of(executor(given)),
          cluster.gpuMemory() > 0 ? Process.of(gpu()) : null,
          Process.mib(blocks),
          blocks <= STORAGE * (given - RESERVED),
          traffic);
    }

    private long driverHeap() {
      return cluster.driverHeap() > 0 ? cluster.driverHeap() : proposed(vector());
    }

    private static long proposed(long content) {
      long needed = RESERVED + (long) (content / STORAGE);
      return Math.max(4, (needed - 1) / STEP_OF_HEAP + 1) * STEP_OF_HEAP;
    }

    private long vector() {
      return Float.BYTES * step.parameters();
    }

    private Map<String, Long> driver(long heap) {
      Map<String, Long> parts = new LinkedHashMap<>();
      parts.put(Process.HEAP, heap);
      parts.put("java and spark", JAVA_OF_DRIVER);
      parts.put("parameters of the driver", vector());
      parts.put("picture at the end", vector() + PICTURE); // the graph computes on a copy
      if (cluster.isLocal()) {
        parts.putAll(workers());
      } else { // executors have theirs in JAVA_OF_EXECUTOR
        parts.put("slices on the network", Math.min(vector(), SENT));
      }
      return parts;
    }

    private Map<String, Long> executor(long heap) {
      Map<String, Long> parts = new LinkedHashMap<>();
      parts.put(Process.HEAP, heap);
      parts.put("java and spark", JAVA_OF_EXECUTOR);
      parts.putAll(workers());
      return parts;
    }

    private Map<String, Long> workers() {
      Map<String, Long> parts = new LinkedHashMap<>(vectors(here));
      if (cluster.gpuMemory() > 0) {
        parts.remove(SUM);
      } else {
        parts.put(WORKSPACE, here * step.workspace());
      }
      parts.put("images of a step and of the next ones", here * images());
      parts.put("decoding", here * DECODING);
      return parts;
    }

    private Map<String, Long> vectors(int copies) {
      Map<String, Long> parts = new LinkedHashMap<>();
      parts.put("parameters", copies * vector());
      parts.put("gradients", copies * vector());
      parts.put("moments", copies * moments(run) * vector());
      boolean inParts = run.train().accumulation() > 1;
      parts.put(SUM, inParts ? copies * vector() : 0);
      return parts;
    }

    private Map<String, Long> gpu() {
      Map<String, Long> parts = new LinkedHashMap<>(vectors(1));
      parts.put(WORKSPACE, step.workspace());
      parts.put("cuda", CUDA);
      return parts;
    }

    /** The engine's copy of a part, and the minibatches. */
    private long images() {
      return step.inputs() * (1 + MINIBATCHES * run.train().accumulation());
    }

    private static long moments(RunConfig run) {
      return run.train().optimiser() == RunConfig.Optimiser.ADAMW ? 2 : 0;
    }

    private static Footprint footprint(RunConfig run, Cluster cluster) {
      Map<String, long[]> shapes = ReferenceNames.all(run.model());
      shapes.keySet().removeIf(ReferenceNames::isFixed);
      Engine engine = cluster.gpuMemory() > 0 ? Engine.CUDA : Engine.ONEDNN;
      return Footprint.of(
          engine,
          run.model(),
          run.train().batchSize(),
          run.train().precision(),
          cluster.taskCpus(),
          shapes);
    }
  }
}
