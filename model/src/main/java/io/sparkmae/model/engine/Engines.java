package io.sparkmae.model.engine;

import io.sparkmae.model.config.Engine;
import io.sparkmae.model.config.Precision;
import io.sparkmae.model.engine.cuda.Cuda;
import io.sparkmae.model.engine.cuda.CudaDevice;
import io.sparkmae.model.engine.cuda.Nd4jCuda;
import io.sparkmae.model.engine.cuda.UnusableGpu;
import io.sparkmae.model.engine.device.Device;
import io.sparkmae.model.engine.onednn.OneDnnDevice;
import java.util.Map;

/** Finds out which engines this machine can run. */
public final class Engines {

  private Engines() {}

  /**
   * Returns {@code choice}, or for {@link Engine#AUTO} the fastest engine of this machine.
   *
   * @param force whether bf16 may run on a processor without bf16 instructions
   * @throws IllegalArgumentException if this machine cannot run it in {@code precision}, with the
   *     reason
   */
  public static Engine resolve(Engine choice, Precision precision, boolean force) {
    Engine engine = choice == Engine.AUTO ? fastest() : choice;
    requireUsable(engine);
    requireComputed(precision, engine);
    if (!force) {
      requireWorthwhile(precision, engine);
    }
    return engine;
  }

  private static void requireUsable(Engine engine) {
    if (engine != Engine.GRAPH && Nd4jCuda.isChosen()) {
      throw new IllegalArgumentException(
          "Invalid engine: %s (ND4J computes on a GPU here and has its arrays there; choose graph, or set BACKEND_PRIORITY_CPU=200)"
              .formatted(engine));
    }
    if (engine == Engine.CUDA && !obstacleToCuda().isEmpty()) {
      throw new UnusableGpu("Invalid engine: cuda (%s; choose onednn)".formatted(obstacleToCuda()));
    }
    if (engine == Engine.ONEDNN && !hasOneDnn()) {
      throw new IllegalArgumentException(
          "Invalid engine: onednn (it needs Linux on x86_64 with AVX2; choose graph)");
    }
  }

  private static void requireComputed(Precision precision, Engine engine) {
    if (precision == Precision.BF16 && engine == Engine.GRAPH) {
      throw new IllegalArgumentException(
          "Invalid precision: bf16 (the graph engine computes in fp32; choose engine onednn)");
    }
    if (precision == Precision.TF32 && engine != Engine.CUDA) {
      throw new IllegalArgumentException(
          "Invalid precision: tf32 (only GPUs have such products; choose fp32, or engine cuda)");
    }
  }

  private static void requireWorthwhile(Precision precision, Engine engine) {
    if (precision != Precision.FP32 && engine == Engine.CUDA && !cudaHasBf16(0)) {
      throw new UnusableGpu(
          "Invalid precision: %s (the GPU's compute capability is below 8.0; choose fp32)"
              .formatted(precision));
    }
    if (precision == Precision.BF16 && engine == Engine.ONEDNN && !hasBf16()) {
      throw new IllegalArgumentException(
          "Invalid precision: bf16 (this processor multiplies it slower than fp32, having neither"
              + " AVX-512 BF16 nor AMX; choose fp32, or --force it)");
    }
  }

  private static Engine fastest() {
    return !Nd4jCuda.isChosen() && obstacleToCuda().isEmpty() ? Engine.CUDA : processors();
  }

  /** Returns the fastest engine of this machine's processors. */
  public static Engine processors() {
    return hasOneDnn() && !Nd4jCuda.isChosen() ? Engine.ONEDNN : Engine.GRAPH;
  }

  /** Returns whether this machine can run the engine on its processor. */
  public static boolean hasOneDnn() {
    return OneDnnDevice.isAvailable();
  }

  /** Returns whether the processor multiplies bf16 itself. */
  public static boolean hasBf16() {
    return OneDnnDevice.hasBf16();
  }

  /**
   * Returns the set of instructions that oneDNN's code is made for here, such as {@code isa 0x3ff}.
   */
  public static String instructions() {
    return OneDnnDevice.instructions();
  }

  /** Returns oneDNN's version, such as 3.11.0, or {@code not loaded}. */
  public static String oneDnnVersion() {
    return OneDnnDevice.version();
  }

  /**
   * Tells why this machine cannot run the engine on a GPU, as a part of a sentence; empty if it
   * can.
   */
  public static String obstacleToCuda() {
    return Cuda.obstacle();
  }

  /** Returns whether GPU {@code gpu} multiplies bf16, and TF32, itself. */
  public static boolean cudaHasBf16(int gpu) {
    return Cuda.capability(gpu) >= 80;
  }

  static Device device(Engine engine, int gpu, Precision precision) {
    return engine == Engine.CUDA ? new CudaDevice(gpu, precision) : new OneDnnDevice(threads());
  }

  /** Returns the bytes of the first GPU's memory that are in use, by whatever process. */
  public static long cudaMemoryInUse() {
    return Cuda.memoryInUse();
  }

  /**
   * Returns the environment in which a process computes fastest: OpenMP's threads spin 1,000 turns
   * before they sleep. By their own choice they spin 100 where a process has more of them than
   * cores.
   */
  public static Map<String, String> environment() {
    return Map.of("OMP_WAIT_POLICY", "active", "GOMP_SPINCOUNT", "1000");
  }

  /** Threads of a step: OMP_NUM_THREADS, as oneDNN has it, else all processors. */
  public static int threads() {
    String threads = System.getenv("OMP_NUM_THREADS");
    return threads == null ? Runtime.getRuntime().availableProcessors() : Integer.parseInt(threads);
  }
}
