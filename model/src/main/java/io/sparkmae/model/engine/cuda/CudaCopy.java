package io.sparkmae.model.engine.cuda;

import io.sparkmae.model.engine.cuda.CudaKernels.Grid;
import io.sparkmae.model.engine.device.Tensor;
import java.util.Arrays;

/**
 * A copy or an addition on a GPU between tensors of any strides, eight entries at a time where the
 * layout allows it.
 */
final class CudaCopy {

  private final CudaDevice device;
  private final String operation;
  private final Tensor from;
  private final Tensor to;

  CudaCopy(CudaDevice device, String operation, Tensor from, Tensor to) {
    this.device = device;
    this.operation = operation;
    this.from = from;
    this.to = to;
  }

  Runnable planned() {
    return from.isDense() && to.isDense()
        ? device.elements(operation + "_flat" + types(), from, to)
        : strided();
  }

  private String types() {
    return CudaKernels.suffix(from) + CudaKernels.suffix(to);
  }

  private Runnable strided() {
    requireCountable();
    long[] shape = four(from.shape(), 1);
    long[] f = four(from.strides(), 0);
    long[] t = four(to.strides(), 0);
    boolean wide = isWide(from, shape, f) && isWide(to, shape, t);
    long group = wide ? 8 : 1;
    return device.launch(
        operation + (wide ? "_wide" : "") + types(),
        Grid.over(from.length() / group),
        from,
        to,
        shape[1],
        shape[2],
        shape[3] / group,
        from.length() / group,
        f[0] / group,
        f[1] / group,
        f[2] / group,
        f[3],
        t[0] / group,
        t[1] / group,
        t[2] / group,
        t[3]);
  }

  private void requireCountable() {
    if (from.length() >= 1L << 32) {
      throw new IllegalArgumentException(
          "Cannot copy %s: %d entries (at most 2³² on a GPU; take a smaller batch)"
              .formatted(from, from.length()));
    }
  }

  /** Returns whether every row along the last axis is dense and made of aligned groups of eight. */
  private static boolean isWide(Tensor tensor, long[] shape, long[] strides) {
    return CudaKernels.isAligned(tensor)
        && strides[3] == 1
        && shape[3] % 8 == 0
        && strides[0] % 8 == 0
        && strides[1] % 8 == 0
        && strides[2] % 8 == 0;
  }

  private static long[] four(long[] values, long filling) {
    long[] four = new long[4];
    Arrays.fill(four, filling);
    System.arraycopy(values, 0, four, 4 - values.length, values.length);
    return four;
  }
}
