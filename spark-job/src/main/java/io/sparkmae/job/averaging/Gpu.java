package io.sparkmae.job.averaging;

import org.apache.spark.TaskContext;
import org.apache.spark.resource.ResourceInformation;

/** The GPU of a worker, as CUDA's ordinal in its process. */
final class Gpu {

  static final int NONE = -1;

  private Gpu() {}

  /** The GPU that Spark gave this thread's task; {@link #NONE} where tasks have none. */
  static int ofTask() {
    ResourceInformation gpus = TaskContext.get().resourcesJMap().get("gpu");
    return gpus == null ? NONE : ordinal(gpus.addresses());
  }

  /**
   * The ordinal among a task's addresses.
   *
   * @throws UnusableGpu unless there is one address, and that a number
   */
  static int ordinal(String... addresses) {
    if (addresses.length != 1 || !addresses[0].matches("\\d{1,4}")) {
      throw new UnusableGpu(
          "Invalid GPU addresses of a task: %s (must be one ordinal of CUDA; see spark.task.resource.gpu.amount and the discovery script)"
              .formatted(String.join(", ", addresses)));
    }
    return Integer.parseInt(addresses[0]);
  }
}
