package io.sparkmae.model.engine.cuda;

import static org.bytedeco.cuda.global.cudart.cuGetErrorString;
import static org.bytedeco.cuda.global.cudart.cudaDevAttrComputeCapabilityMajor;
import static org.bytedeco.cuda.global.cudart.cudaDevAttrComputeCapabilityMinor;
import static org.bytedeco.cuda.global.cudart.cudaDevAttrMaxSharedMemoryPerBlockOptin;
import static org.bytedeco.cuda.global.cudart.cudaDeviceGetAttribute;
import static org.bytedeco.cuda.global.cudart.cudaGetDeviceCount;
import static org.bytedeco.cuda.global.cudart.cudaGetErrorString;
import static org.bytedeco.cuda.global.cudart.cudaMemGetInfo;
import static org.bytedeco.cuda.global.nvrtc.nvrtcVersion;

import org.bytedeco.cuda.global.cublas;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerPointer;
import org.bytedeco.javacpp.SizeTPointer;

/** Checks the status of CUDA calls, and reports what this machine has. */
public final class Cuda {

  private static final int OLDEST = 75; // CUDA 13 compiles for Turing and newer

  private Cuda() {}

  /** Returns why no CUDA device can be used here, as a part of a sentence; empty if one can. */
  public static String obstacle() {
    try {
      int[] count = new int[1];
      if (cudaGetDeviceCount(count) != 0 || count[0] == 0) {
        return "NVIDIA's driver shows no GPU to this process";
      }
      nvrtcVersion(new int[1], new int[1]);
      cublas.cublasGetCudartVersion();
      return capability(0) >= OLDEST
          ? ""
          : "the GPU has compute capability %d.%d and 7.5 is the least"
              .formatted(capability(0) / 10, capability(0) % 10);
    } catch (LinkageError e) {
      return "CUDA's libraries cudart, cublas or nvrtc of version 13 cannot be loaded, or the job was"
          + " built without -Pcuda";
    }
  }

  /**
   * Checks that this process sees a device.
   *
   * @throws UnusableGpu if not
   */
  static void requireVisible(int device) {
    int[] count = new int[1];
    check(cudaGetDeviceCount(count));
    if (device >= count[0]) {
      throw new UnusableGpu(
          "Invalid GPU: %d (this process sees %d, counted from 0; let Spark's discovery script name them as CUDA_VISIBLE_DEVICES leaves them)"
              .formatted(device, count[0]));
    }
  }

  /** Returns the compute capability of a device, for example 90 for 9.0. */
  public static int capability(int device) {
    int[] major = new int[1];
    int[] minor = new int[1];
    check(cudaDeviceGetAttribute(major, cudaDevAttrComputeCapabilityMajor, device));
    check(cudaDeviceGetAttribute(minor, cudaDevAttrComputeCapabilityMinor, device));
    return 10 * major[0] + minor[0];
  }

  /** Returns the shared memory that a block of a kernel may request, in bytes. */
  static int sharedBytes(int device) {
    int[] bytes = new int[1];
    check(cudaDeviceGetAttribute(bytes, cudaDevAttrMaxSharedMemoryPerBlockOptin, device));
    return bytes[0];
  }

  /** Returns how many bytes of the current device's memory are in use, by all processes. */
  public static long memoryInUse() {
    try (SizeTPointer free = new SizeTPointer(1);
        SizeTPointer total = new SizeTPointer(1)) {
      check(cudaMemGetInfo(free, total));
      return total.get() - free.get();
    }
  }

  /** Returns the version of the kernel compiler NVRTC, for example 1300 for 13.0. */
  static int compilerVersion() {
    int[] major = new int[1];
    int[] minor = new int[1];
    nvrtcVersion(major, minor);
    return 100 * major[0] + minor[0];
  }

  /** Throws if a call of the CUDA runtime failed. */
  static void check(int status) {
    if (status != 0) {
      throw new IllegalStateException(
          "CUDA: %s (error %d)".formatted(cudaGetErrorString(status).getString(), status));
    }
  }

  /** Throws if a call of the CUDA driver failed. */
  static void checkDriver(int status) {
    if (status != 0) {
      try (PointerPointer<BytePointer> text = new PointerPointer<>(1)) {
        cuGetErrorString(status, text);
        throw new IllegalStateException(
            "CUDA: %s (driver error %d)"
                .formatted(text.get(BytePointer.class).getString(), status));
      }
    }
  }

  /** Throws if a call of cuBLAS failed. */
  static void checkBlas(int status) {
    if (status != 0) {
      throw new IllegalStateException(
          "cuBLAS: %s".formatted(cublas.cublasGetStatusString(status).getString()));
    }
  }
}
