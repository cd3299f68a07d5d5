package io.sparkmae.model.engine.cuda;

import static org.bytedeco.cuda.global.cudart.cudaGetDeviceCount;

/**
 * ND4J's own CUDA backend, in a job that was built with {@code -Pnd4j-cuda}.
 *
 * <p>ND4J chooses its backend at its first call, by priorities in the environment. On a GPU that it
 * has no code for, or on a machine without CUDA, that call fails for the whole process; so this
 * class checks beforehand.
 */
public final class Nd4jCuda {

  private static final int OLDEST = 37;
  private static final int NEXT_AFTER_NEWEST = 90; // code for 8.6 runs on all of 8.6 to 8.9

  private Nd4jCuda() {}

  /** Returns whether ND4J computes on GPUs in this process. */
  public static boolean isChosen() {
    return isPresent()
        && isChosen(System.getenv("BACKEND_PRIORITY_CPU"), System.getenv("BACKEND_PRIORITY_GPU"));
  }

  private static boolean isPresent() {
    try {
      Class.forName(
          "org.nd4j.linalg.jcublas.JCublasBackend", false, Nd4jCuda.class.getClassLoader());
      return true;
    } catch (ClassNotFoundException e) {
      return false;
    }
  }

  /**
   * Returns whether ND4J would choose the GPU: it takes the higher priority; unset, the CPU has 0
   * and GPUs 100.
   */
  static boolean isChosen(String cpuPriority, String gpuPriority) {
    int cpu = cpuPriority == null ? 0 : Integer.parseInt(cpuPriority);
    int gpu = gpuPriority == null ? 100 : Integer.parseInt(gpuPriority);
    return gpu > cpu;
  }

  /** Returns why ND4J cannot compute on a GPU, as a part of a sentence; empty if it can. */
  public static String obstacle(int gpu) {
    try {
      int[] count = new int[1];
      if (cudaGetDeviceCount(count) != 0 || count[0] <= gpu) {
        return "CUDA sees %d GPUs".formatted(count[0]);
      }
      return obstacleOf(Cuda.capability(gpu));
    } catch (LinkageError e) {
      return "CUDA 11.6's libraries cannot be loaded";
    }
  }

  static String obstacleOf(int capability) {
    return OLDEST <= capability && capability < NEXT_AFTER_NEWEST
        ? ""
        : "compute capability %d.%d, and ND4J has code for 3.7 to 8.9 alone"
            .formatted(capability / 10, capability % 10);
  }
}
