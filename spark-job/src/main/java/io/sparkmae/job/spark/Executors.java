package io.sparkmae.job.spark;

import org.apache.spark.SparkContext;
import org.apache.spark.SparkEnv;
import org.apache.spark.scheduler.ExecutorCacheTaskLocation;
import org.apache.spark.status.api.v1.ExecutorSummary;
import org.apache.spark.storage.BlockManagerId;

/**
 * The executors that have started.
 *
 * @param count number of executors, without the driver
 * @param cores cores of all of them, and of a local driver
 * @param slots tasks that run at once, by cores, spark.task.cpus and GPUs
 */
public record Executors(int count, int cores, int slots) {

  /** Returns the executors of an application. Call it on the driver. */
  public static Executors of(SparkContext spark) {
    int count = 0;
    int cores = 0;
    for (ExecutorSummary executor :
        ScalaLists.<ExecutorSummary>toJava(spark.statusStore().executorList(true))) {
      count += executor.id().equals("driver") ? 0 : 1;
      cores += executor.totalCores();
    }
    // spark.default.parallelism is something else
    int slots =
        spark.maxNumConcurrentTasks(spark.resourceProfileManager().defaultResourceProfile());
    return new Executors(count, cores, slots);
  }

  /** Returns this executor, as a preferred location of a task. */
  public static String here() {
    BlockManagerId here = SparkEnv.get().blockManager().blockManagerId();
    return new ExecutorCacheTaskLocation(here.host(), here.executorId()).toString();
  }
}
