package io.sparkmae.job.averaging;

import io.sparkmae.model.engine.cuda.Nd4jCuda;
import io.sparkmae.model.engine.cuda.UnusableGpu;
import org.apache.spark.TaskContext;
import org.apache.spark.resource.ResourceInformation;
import org.nd4j.linalg.factory.Nd4j;

/** The GPU of a worker, as CUDA's ordinal in its process. */
final class Gpu {

  static final int NONE = -1;

  private Gpu() {}

  /**
   * Returns the GPU that Spark assigned to this thread's task; {@link #NONE} if tasks have none.
   */
  static int ofTask() {
    ResourceInformation gpus = TaskContext.get().resourcesJMap().get("gpu");
    return gpus == null ? NONE : ordinal(gpus.addresses());
  }

  /**
   * Selects the GPU of this thread's ND4J calls, if ND4J computes on GPUs. Call it before the first
   * of them.
   *
   * @param gpu ordinal; {@link #NONE} means the first
   * @throws UnusableGpu if ND4J cannot compute on it
   */
  static void pin(int gpu) {
    if (Nd4jCuda.isChosen()) {
      int device = Math.max(gpu, 0);
      String obstacle = Nd4jCuda.obstacle(device);
      if (!obstacle.isEmpty()) {
        throw new UnusableGpu(
            "Invalid GPU of ND4J: %d (%s; set spark.executorEnv.BACKEND_PRIORITY_CPU=200, or build with -Pcuda for newer ones)"
                .formatted(device, obstacle));
      }
      Nd4j.getAffinityManager().unsafeSetDevice(device);
    }
  }

  /**
   * Returns the ordinal in a task's GPU addresses.
   *
   * @throws UnusableGpu unless there is exactly one address and it is a number
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
