package io.sparkmae.model.engine.cuda;

import io.sparkmae.model.engine.cuda.CudaKernels.Grid;
import io.sparkmae.model.engine.device.Activation;
import io.sparkmae.model.engine.device.InTurn;
import io.sparkmae.model.engine.device.Tensor;
import io.sparkmae.model.engine.device.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Attention on a GPU. In bf16 the kernels are fused and keep only the rows' sums for the gradient.
 * In fp32, and for head widths without a fused kernel, cuBLAS computes the products and the
 * probabilities are kept.
 */
final class CudaAttention {

  private static final Set<Long> WIDTHS = Set.of(16L, 32L, 48L, 64L, 80L, 96L); // attention.cu
  private static final long TILE = 16; // tokens of a warp
  private static final int GAP = 8; // entries after a row in shared memory
  private static final double LOG2_E = 1.4426950408889634;
  private static final int AMPERE = 80; // the first with products of bf16

  private final CudaDevice device;
  private final CudaMatmul matmul;
  private final int capability;
  private final int sharedBytes;

  CudaAttention(CudaDevice device, CudaMatmul matmul, int capability, int sharedBytes) {
    this.device = device;
    this.matmul = matmul;
    this.capability = capability;
    this.sharedBytes = sharedBytes;
  }

  Tensor state(Tensor q, Tensor k) {
    long[] of = q.shape();
    return isFused(q, k)
        ? Tensor.dense(0, Type.F32, of[0], of[1], of[2])
        : Tensor.dense(0, q.type(), of[0], of[1], of[2], k.shape()[2]);
  }

  private boolean isFused(Tensor q, Tensor k) {
    return q.type() == Type.BF16
        && capability >= AMPERE
        && WIDTHS.contains(q.shape()[3])
        && q.strides()[2] % 8 == 0 // rows of 16 bytes
        && k.strides()[2] % 8 == 0
        && sharedOfGradient(q, k) <= sharedBytes;
  }

  private static long rowBytes(Tensor q) {
    return (q.shape()[3] + GAP) * Type.BF16.bytes();
  }

  private static long padded(Tensor tokens) {
    return (tokens.shape()[2] + TILE - 1) / TILE * TILE;
  }

  private static long sharedOfGradient(Tensor q, Tensor k) {
    return 2 * (padded(q) + padded(k)) * rowBytes(q) + 2 * padded(q) * Float.BYTES;
  }

  /**
   * Returns a grid with a block for each head of each image, and a warp for each tile, at most
   * eight.
   */
  private static Grid grid(Tensor q, long tokens, long shared) {
    long warps = Math.min(8, tokens / TILE);
    return new Grid(q.shape()[0] * q.shape()[1], 1, (int) (32 * warps), (int) shared);
  }

  Runnable forward(Tensor q, Tensor k, Tensor v, Tensor state, Tensor attended) {
    if (!isFused(q, k)) {
      return InTurn.of(
          matmul.heads(device.memory(), q, k.transposed(), scale(q), state),
          device.rows("softmax", state.length() / columns(state), state),
          matmul.heads(device.memory(), state, v, 1, attended));
    }
    long shared = (2 * padded(k) + padded(q)) * rowBytes(q);
    Grid grid = grid(q, padded(q), shared);
    return launch("attention", grid, q, k, attended, q, k, v, attended, state);
  }

  Runnable gradient(Activation q, Activation k, Activation v, Tensor state, Activation attended) {
    return isFused(q.value(), k.value())
        ? fusedGradient(q, k, v, state, attended)
        : gradientByProducts(q, k, v, state, attended.gradient());
  }

  private Runnable fusedGradient(
      Activation q, Activation k, Activation v, Tensor state, Activation attended) {
    Tensor query = q.value();
    Tensor key = k.value();
    return launch(
        "attention_gradient",
        grid(query, padded(key), sharedOfGradient(query, key)),
        query,
        key,
        attended.value(),
        query,
        key,
        v.value(),
        attended.value(),
        attended.gradient(),
        state,
        q.gradient(),
        k.gradient(),
        v.gradient());
  }

  /**
   * Returns a launch of a fused kernel. Its arguments are {@code tensors}, then the geometry of q,
   * k and the result.
   */
  private Runnable launch(
      String kernel, Grid grid, Tensor q, Tensor k, Tensor attended, Tensor... tensors) {
    List<Object> arguments = new ArrayList<>(List.of(tensors));
    arguments.addAll(
        List.of(
            q.shape()[1],
            q.shape()[2],
            k.shape()[2],
            q.strides()[0],
            q.strides()[2],
            k.strides()[0],
            k.strides()[2],
            attended.strides()[0],
            attended.strides()[2],
            (float) (scale(q) * LOG2_E)));
    return device.launch(kernel + q.shape()[3], grid, arguments.toArray());
  }

  private Runnable gradientByProducts(
      Activation q, Activation k, Activation v, Tensor p, Tensor dAttended) {
    CudaMemory memory = device.memory();
    Tensor dP = device.scratch("d attention", p.type(), p.length()).reshape(p.shape());
    double scale = scale(q.value());
    return InTurn.of(
        matmul.heads(memory, dAttended, v.value().transposed(), 1, dP),
        matmul.heads(memory, p.transposed(), dAttended, 1, v.gradient()),
        device.rows("softmax_gradient", p.length() / columns(p), p, dP),
        matmul.heads(memory, dP, k.value(), scale, q.gradient()),
        matmul.heads(memory, dP.transposed(), q.value(), scale, k.gradient()));
  }

  private static double scale(Tensor q) {
    return 1 / Math.sqrt(q.shape()[3]);
  }

  private static long columns(Tensor state) {
    return state.shape()[3];
  }
}
