package io.sparkmae.model.engine.device;

import java.util.Arrays;

/**
 * Device memory seen as an array.
 *
 * @param address address of the first entry, in the device's own address space
 * @param strides distance between neighbours along each axis, in entries
 */
public record Tensor(long address, Type type, long[] shape, long[] strides) {

  /** Returns a row-major tensor at {@code address}. */
  public static Tensor dense(long address, Type type, long... shape) {
    long[] strides = new long[shape.length];
    long stride = 1;
    for (int axis = shape.length - 1; axis >= 0; axis--) {
      strides[axis] = stride;
      stride *= shape[axis];
    }
    return new Tensor(address, type, shape, strides);
  }

  public long length() {
    long length = 1;
    for (long size : shape) {
      length *= size;
    }
    return length;
  }

  /** Returns a view of the same memory in another shape; the tensor must be dense. */
  public Tensor reshape(long... newShape) {
    Tensor reshaped = dense(address, type, newShape);
    if (reshaped.length() != length() || !isDense()) {
      throw new IllegalArgumentException(
          "Cannot reshape %s to %s".formatted(this, Arrays.toString(newShape)));
    }
    return reshaped;
  }

  public boolean isDense() {
    long expected = 1;
    for (int axis = shape.length - 1; axis >= 0; axis--) {
      if (shape[axis] > 1 && strides[axis] != expected) {
        return false;
      }
      expected *= shape[axis];
    }
    return true;
  }

  /** Returns a view of the entries [from, to) along {@code axis}. */
  public Tensor slice(int axis, long from, long to) {
    long[] sliced = shape.clone();
    sliced[axis] = to - from;
    return new Tensor(address + from * strides[axis] * type.bytes(), type, sliced, strides);
  }

  /**
   * Returns a view of entry {@code index} along {@code axis}; the result does not have this axis.
   */
  public Tensor at(int axis, long index) {
    Tensor one = slice(axis, index, index + 1);
    return new Tensor(one.address, type, without(shape, axis), without(strides, axis));
  }

  /** Returns a view with the last two axes exchanged. */
  public Tensor transposed() {
    return permuted(swapped(shape), swapped(strides));
  }

  /** Returns a view of this [N, T, H·W] as [N, H, T, W]: the heads lie side by side in a token. */
  public Tensor heads(long numHeads) {
    long headDim = shape[2] / numHeads;
    return permuted(
        new long[] {shape[0], numHeads, shape[1], headDim},
        new long[] {strides[0], headDim * strides[2], strides[1], strides[2]});
  }

  private Tensor permuted(long[] newShape, long[] newStrides) {
    return new Tensor(address, type, newShape, newStrides);
  }

  private static long[] swapped(long[] values) {
    long[] swapped = values.clone();
    swapped[values.length - 1] = values[values.length - 2];
    swapped[values.length - 2] = values[values.length - 1];
    return swapped;
  }

  private static long[] without(long[] values, int axis) {
    long[] rest = new long[values.length - 1];
    System.arraycopy(values, 0, rest, 0, axis);
    System.arraycopy(values, axis + 1, rest, axis, rest.length - axis);
    return rest;
  }

  @Override
  public String toString() {
    return type + Arrays.toString(shape);
  }
}
