package io.sparkmae.job.train;

import io.sparkmae.job.spark.Executors;
import io.sparkmae.job.spark.Sessions;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkContext;

/** The number of tasks that a cluster runs at once, when all requested executors have started. */
final class TaskSlots {

  private static final String GPUS = "spark.task.resource.gpu.amount";
  private static final Pattern LOCAL_CLUSTER =
      Pattern.compile("local-cluster\\[\\s*(\\d+)\\s*,\\s*(\\d+)\\s*,.*");
  private static final String YARNS_DEFAULT = "2"; // also the default of Kubernetes
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final Duration SETTLED = Duration.ofSeconds(5);

  private final SparkContext spark;
  private final Asked asked;

  private TaskSlots(SparkContext spark) {
    this.spark = spark;
    this.asked = Asked.of(spark.getConf());
  }

  /**
   * The executors and cores to wait for.
   *
   * @param executors 0 for as many as the cluster has
   * @param cores 0 for as many as the cluster has
   */
  record Asked(int executors, int cores) {

    static Asked of(SparkConf conf) {
      String master = conf.get("spark.master", "");
      Matcher localCluster = LOCAL_CLUSTER.matcher(master);
      if (localCluster.matches()) {
        int cores = Integer.parseInt(localCluster.group(2)); // of each machine
        int onOne = Math.max(1, cores / conf.getInt("spark.executor.cores", cores));
        return new Asked(Integer.parseInt(localCluster.group(1)) * onOne, 0);
      }
      if (master.startsWith("yarn") || master.startsWith("k8s")) {
        return new Asked(Integer.parseInt(conf.get("spark.executor.instances", YARNS_DEFAULT)), 0);
      }
      int cores = conf.getInt("spark.cores.max", 0);
      return new Asked(0, cores - cores % conf.getInt("spark.executor.cores", 1));
    }

    /**
     * Returns whether all have started.
     *
     * @param settled whether none has started for a while: a standalone master may have fewer cores
     *     than spark.cores.max
     */
    boolean isMet(int executorsThere, int coresThere, boolean settled) {
      return executors > 0
          ? executorsThere >= executors
          : executorsThere > 0 && (settled || cores > 0 && coresThere >= cores);
    }

    @Override
    public String toString() {
      return executors > 0
          ? executors + " executors"
          : cores > 0 ? cores + " cores" : "all executors";
    }
  }

  /**
   * Returns whether tasks have GPUs.
   *
   * @throws IllegalArgumentException if they do not have exactly one each
   */
  static boolean haveGpus(SparkConf conf) {
    String amount = conf.get(GPUS, "");
    if (!amount.isEmpty() && Double.parseDouble(amount) != 1) {
      throw new IllegalArgumentException(
          "Invalid %s: %s (must be 1: a worker has one GPU, and no GPU two workers)"
              .formatted(GPUS, amount));
    }
    return !amount.isEmpty();
  }

  /**
   * Checks that the number of executors is fixed.
   *
   * @throws IllegalArgumentException if Spark may add and remove executors
   */
  static void requireFixed(SparkConf conf) {
    boolean local = Sessions.isLocal(conf.get("spark.master", ""));
    if (!local && conf.getBoolean("spark.dynamicAllocation.enabled", false)) {
      throw new IllegalArgumentException(
          "Invalid train.workers: 0 (must be a number with spark.dynamicAllocation.enabled=true, whose executors come and go: give --workers, or set that to false)");
    }
  }

  /**
   * Returns the number of tasks that run at once, by cores, spark.task.cpus and GPUs; waits for
   * executors.
   *
   * @throws SlotsMissing if they do not start in time
   * @throws IllegalArgumentException if they are too small for a task, or their number is not fixed
   */
  static int count(SparkContext spark) {
    requireFixed(spark.getConf());
    TaskSlots slots = new TaskSlots(spark);
    if (!spark.isLocal()) {
      slots.await();
    }
    int count = Executors.of(spark).slots();
    if (count == 0) {
      throw new IllegalArgumentException(
          "Invalid spark.task.cpus: %s (must be at most the cores of an executor: lower it, or raise spark.executor.cores)"
              .formatted(spark.getConf().get("spark.task.cpus", "1")));
    }
    return count;
  }

  private void await() {
    long start = System.nanoTime();
    long changed = start;
    Executors there = Executors.of(spark);
    boolean said = false;
    while (!isEnough(there, System.nanoTime() - changed)) {
      if (System.nanoTime() - start > LIMIT.toNanos()) {
        throw new SlotsMissing(
            "%d executors with %d cores".formatted(there.count(), there.cores()),
            asked.toString(),
            LIMIT.toSeconds());
      }
      if (!said) {
        System.err.printf("waiting for %s, to count the task slots%n", asked);
        said = true;
      }
      pause();
      Executors before = there;
      there = Executors.of(spark);
      changed = there.equals(before) ? changed : System.nanoTime();
    }
  }

  private boolean isEnough(Executors there, long unchangedNanos) {
    boolean settled = unchangedNanos >= SETTLED.toNanos();
    return asked.isMet(there.count(), there.cores(), settled);
  }

  private static void pause() {
    try {
      Thread.sleep(100);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while waiting for executors", e);
    }
  }
}
