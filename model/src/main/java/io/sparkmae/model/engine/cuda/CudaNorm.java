package io.sparkmae.model.engine.cuda;

import io.sparkmae.model.engine.cuda.CudaKernels.Grid;
import io.sparkmae.model.engine.device.Affine;
import io.sparkmae.model.engine.device.InTurn;
import io.sparkmae.model.engine.device.StreamGradient;
import io.sparkmae.model.engine.device.Tensor;
import io.sparkmae.model.engine.device.Type;

/**
 * Layer norm on a GPU: rows stay in registers where they are aligned and fit, else each row is read
 * twice.
 */
final class CudaNorm {

  private static final int GROUP = 256; // columns
  private static final int MOST_GROUPS = 5;
  private static final long BLOCKS = 264; // for the gradient: two per multiprocessor of an H100

  private final CudaDevice device;
  private final Tensor x;
  private final Affine layer;
  private final float eps;
  private final Tensor statistics;
  private final long rows;
  private final long columns;

  CudaNorm(CudaDevice device, Tensor x, Affine layer, double eps, Tensor statistics) {
    this.device = device;
    this.x = x;
    this.layer = layer;
    this.eps = (float) eps;
    this.statistics = statistics;
    rows = x.shape()[0];
    columns = x.shape()[1];
  }

  private boolean inRegisters() {
    return columns % 8 == 0
        && columns <= GROUP * MOST_GROUPS
        && CudaKernels.isAligned(layer.weight())
        && CudaKernels.isAligned(layer.bias());
  }

  /** Returns the part of a kernel's name that selects its number of column groups in registers. */
  private String groups() {
    return "rows" + (columns + GROUP - 1) / GROUP;
  }

  Runnable forward(Tensor y) {
    return device.launch(
        "layer_norm" + (inRegisters() ? "_" + groups() : "") + CudaKernels.suffix(y),
        Grid.ofWarps(rows),
        x,
        layer.weight(),
        layer.bias(),
        statistics,
        y,
        rows,
        columns,
        eps);
  }

  Runnable gradient(Tensor dy, StreamGradient dx) {
    long adds = dx.first() ? 0 : 1;
    return inRegisters() ? gradientInRegisters(dy, dx, adds) : gradientInTurn(dy, dx, adds);
  }

  /** Returns one pass over the rows that computes all gradients. */
  private Runnable gradientInRegisters(Tensor dy, StreamGradient dx, long adds) {
    long blocks = Math.min(BLOCKS, Grid.ofWarps(rows).width());
    Tensor partial = partial(blocks);
    return InTurn.of(
        device.launch(
            "layer_norm_gradient_" + groups() + CudaKernels.suffix(dy),
            Grid.of(blocks, 1),
            x,
            layer.weight(),
            statistics,
            dy,
            dx.sum(),
            dx.typed(),
            partial,
            adds,
            rows,
            columns,
            eps),
        sums(partial, blocks));
  }

  /** Returns a pass over the rows for the parameters' gradients, then one for the input's. */
  private Runnable gradientInTurn(Tensor dy, StreamGradient dx, long adds) {
    long shares = CudaSums.shares(rows);
    Tensor partial = partial(shares);
    return InTurn.of(
        device.launch(
            "layer_norm_weight" + CudaKernels.suffix(dy),
            Grid.of(CudaSums.columnBlocks(columns), shares),
            x,
            statistics,
            dy,
            partial,
            rows,
            columns,
            eps),
        sums(partial, shares),
        device.launch(
            "layer_norm_input" + CudaKernels.suffix(dy),
            Grid.ofWarps(rows),
            x,
            layer.weight(),
            statistics,
            dy,
            dx.sum(),
            dx.typed(),
            adds,
            rows,
            columns,
            eps));
  }

  private Tensor partial(long shares) {
    return device.scratch("norm sums", Type.F32, 2 * shares * columns);
  }

  private Runnable sums(Tensor partial, long shares) {
    return device.launch(
        "sum_pairs",
        Grid.of(CudaSums.columnBlocks(2 * columns), 1),
        partial,
        layer.dWeight(),
        layer.dBias(),
        shares,
        columns);
  }
}
