package io.sparkmae.model.engine.cuda;

import io.sparkmae.model.engine.cuda.CudaKernels.Grid;
import io.sparkmae.model.engine.device.InTurn;
import io.sparkmae.model.engine.device.Tensor;
import io.sparkmae.model.engine.device.Type;

/** Sums over many numbers: partial ones in parallel, then their sum in a fixed order. */
final class CudaSums {

  private static final long WARP = 32;
  private static final long SHARES = 64; // of the rows, in column sums
  private static final long SUM_BLOCKS = 256; // partial sums of a vector

  private final CudaDevice device;

  CudaSums(CudaDevice device) {
    this.device = device;
  }

  /** Sums the rows of x into y. */
  Runnable ofRows(Tensor x, Tensor y) {
    long columns = CudaKernels.columns(x);
    long shares = shares(x.shape()[0]);
    Tensor partial = device.scratch("columns", Type.F32, shares * columns);
    return InTurn.of(
        columnSums(x, partial, x.shape()[0], shares, x.strides()[0]),
        columnSums(partial, y, shares, 1, columns));
  }

  private Runnable columnSums(Tensor x, Tensor sums, long rows, long shares, long stride) {
    long columns = CudaKernels.columns(sums) / shares;
    return device.launch(
        "column_sums" + CudaKernels.suffix(x),
        Grid.of(columnBlocks(columns), shares),
        x,
        sums,
        rows,
        columns,
        stride);
  }

  static long shares(long rows) {
    return Math.max(1, Math.min(SHARES, rows / 32));
  }

  static long columnBlocks(long columns) {
    return (columns + WARP - 1) / WARP;
  }

  /**
   * Returns the work of {@link CudaDevice#squaredError}.
   *
   * @param sum the image of one double, where the sum goes before its mean
   */
  Runnable ofSquaredError(
      Tensor prediction,
      Tensor target,
      Tensor counted,
      Tensor loss,
      Tensor dPrediction,
      Tensor sum) {
    long columns = CudaKernels.columns(prediction);
    Tensor partial = partialSums();
    return InTurn.of(
        device.launch(
            "squared_error",
            Grid.of(SUM_BLOCKS, 1),
            prediction,
            target,
            counted,
            dPrediction,
            partial,
            prediction.length(),
            columns),
        finishSum(partial, sum, loss, counted, columns));
  }

  /** Sums the squares of x into {@code sum}, the image of one double. */
  Runnable ofSquares(Tensor x, Tensor sum) {
    Tensor partial = partialSums();
    return InTurn.of(
        device.launch("squares", Grid.of(SUM_BLOCKS, 1), x, partial, x.length()),
        finishSum(partial, sum, null, null, 1));
  }

  private Tensor partialSums() {
    return device.scratch("sums", Type.F32, 2 * SUM_BLOCKS);
  }

  private Runnable finishSum(Tensor partial, Tensor sum, Tensor mean, Tensor rows, long columns) {
    return device.launch(
        "finish_sum", Grid.of(1, 1), partial, sum, mean, SUM_BLOCKS, rows, columns);
  }
}
