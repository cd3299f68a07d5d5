package io.sparkmae.model.engine;

import io.sparkmae.model.config.Engine;
import io.sparkmae.model.config.Precision;
import io.sparkmae.model.engine.cuda.Nd4jCuda;
import io.sparkmae.model.engine.cuda.UnusableGpu;

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
    if (engine != Engine.GRAPH && Nd4jCuda.isChosen()) {
      throw new IllegalArgumentException(
          "Invalid engine: %s (ND4J computes on a GPU here and has its arrays there; choose graph, or set BACKEND_PRIORITY_CPU=200)"
              .formatted(engine));
    }
    if (engine == Engine.CUDA && !MaeEngine.obstacleToCuda().isEmpty()) {
      throw new UnusableGpu(
          "Invalid engine: cuda (%s; choose onednn)".formatted(MaeEngine.obstacleToCuda()));
    }
    if (engine == Engine.ONEDNN && !MaeEngine.isAvailable()) {
      throw new IllegalArgumentException(
          "Invalid engine: onednn (it needs Linux on x86_64 with AVX2; choose graph)");
    }
    if (precision == Precision.BF16 && engine == Engine.GRAPH) {
      throw new IllegalArgumentException(
          "Invalid precision: bf16 (the graph engine computes in fp32; choose engine onednn)");
    }
    if (precision == Precision.TF32 && engine != Engine.CUDA) {
      throw new IllegalArgumentException(
          "Invalid precision: tf32 (only GPUs have such products; choose fp32, or engine cuda)");
    }
    if (precision != Precision.FP32
        && engine == Engine.CUDA
        && !force
        && !MaeEngine.cudaHasBf16(0)) {
      throw new UnusableGpu(
          "Invalid precision: %s (the GPU's compute capability is below 8.0; choose fp32)"
              .formatted(precision));
    }
    if (precision == Precision.BF16 && engine == Engine.ONEDNN && !force && !MaeEngine.hasBf16()) {
      throw new IllegalArgumentException(
          "Invalid precision: bf16 (this processor multiplies it slower than fp32, having neither"
              + " AVX-512 BF16 nor AMX; choose fp32, or --force it)");
    }
    return engine;
  }

  private static Engine fastest() {
    if (Nd4jCuda.isChosen()) {
      return Engine.GRAPH;
    }
    if (MaeEngine.obstacleToCuda().isEmpty()) {
      return Engine.CUDA;
    }
    return MaeEngine.isAvailable() ? Engine.ONEDNN : Engine.GRAPH;
  }
}
