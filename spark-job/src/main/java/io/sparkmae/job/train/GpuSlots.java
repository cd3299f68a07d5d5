package io.sparkmae.job.train;

import org.apache.spark.SparkConf;
import org.apache.spark.SparkContext;

/** The task slots of a cluster whose tasks have a GPU each. */
final class GpuSlots {

  private static final String AMOUNT = "spark.task.resource.gpu.amount";

  private GpuSlots() {}

  /**
   * Whether tasks have GPUs.
   *
   * @throws IllegalArgumentException if it is not one each
   */
  static boolean areAsked(SparkConf conf) {
    String amount = conf.get(AMOUNT, "");
    if (!amount.isEmpty() && Double.parseDouble(amount) != 1) {
      throw new IllegalArgumentException(
          "Invalid %s: %s (must be 1: a worker has one GPU, and no GPU two workers)"
              .formatted(AMOUNT, amount));
    }
    return !amount.isEmpty();
  }

  /**
   * Tasks that the executors of now can run at once; there may be more cores than GPUs.
   *
   * @throws IllegalStateException if no executor has come yet
   */
  static int count(SparkContext spark) {
    int slots =
        spark.maxNumConcurrentTasks(spark.resourceProfileManager().defaultResourceProfile());
    if (slots == 0) {
      throw new IllegalStateException(
          "Cannot count the slots with a GPU: no executor has registered (give --workers, or set spark.scheduler.minRegisteredResourcesRatio to 1, with spark.cores.max on a standalone master)");
    }
    return slots;
  }
}
