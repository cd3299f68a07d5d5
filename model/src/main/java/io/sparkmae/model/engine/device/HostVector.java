package io.sparkmae.model.engine.device;

import java.nio.FloatBuffer;
import java.util.Objects;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A flat vector of fp32 numbers in host memory, of any length. It uses several Java buffers, which
 * are limited to 2 GiB each.
 */
public final class HostVector {

  private static final int SHIFT = 28; // pieces of 1 GiB

  private final long length;
  private final int shift;
  private final FloatBuffer[] pieces;

  /** Makes a view of a dense tensor's numbers. */
  public HostVector(Tensor dense) {
    this(dense, SHIFT);
  }

  /** Makes a view of a dense tensor's numbers, in buffers of 2<sup>shift</sup> numbers each. */
  public HostVector(Tensor dense, int shift) {
    length = dense.length();
    this.shift = shift;
    long piece = 1L << shift;
    pieces = new FloatBuffer[Math.toIntExact((length + piece - 1) / piece)];
    for (int i = 0; i < pieces.length; i++) {
      long from = i * piece;
      pieces[i] =
          Address.buffer(dense.address() + from * Float.BYTES, Math.min(piece, length - from));
    }
  }

  /**
   * Returns the numbers [from, from + length) of {@code vector} as a view.
   *
   * @param vector [n] or [1, n], dense fp32 in host memory; must outlive the view
   * @throws IndexOutOfBoundsException if the vector has no such range
   * @throws IllegalArgumentException if the vector is not of this form, or the range is longer than
   *     2 GiB
   */
  public static FloatBuffer view(INDArray vector, long from, int length) {
    Objects.checkFromIndexSize(from, length, vector.length());
    if (vector.dataType() != DataType.FLOAT
        || vector.size(-1) != vector.length()
        || vector.length() > 1 && vector.stride(-1) != 1) {
      throw new IllegalArgumentException(
          "Cannot view an array of %s %s (must be a flat fp32 vector; reshape or copy it)"
              .formatted(vector.dataType(), vector.shapeInfoToString()));
    }
    return Address.buffer(Address.of(vector) + from * Float.BYTES, length);
  }

  /**
   * Returns the array itself if its memory is row-major without gaps, else a copy that is. The
   * {@code ordering()} of a permuted array does not show this.
   */
  public static INDArray dense(INDArray array) {
    boolean isDense = new Tensor(0, Type.F32, array.shape(), array.stride()).isDense();
    return isDense ? array : array.dup('c');
  }

  public long length() {
    return length;
  }

  /**
   * Copies the numbers [from, from + n) to the start of {@code to}; n is at most the length of a
   * piece.
   */
  public void get(long from, float[] to, int n) {
    int at = (int) from & (1 << shift) - 1;
    int here = Math.min(n, (1 << shift) - at);
    pieces[(int) (from >>> shift)].get(at, to, 0, here);
    if (here < n) {
      pieces[(int) (from >>> shift) + 1].get(0, to, here, n - here);
    }
  }

  /** Copies the first {@code n} of {@code numbers} to [from, from + n). */
  public void put(long from, float[] numbers, int n) {
    int at = (int) from & (1 << shift) - 1;
    int here = Math.min(n, (1 << shift) - at);
    pieces[(int) (from >>> shift)].put(at, numbers, 0, here);
    if (here < n) {
      pieces[(int) (from >>> shift) + 1].put(0, numbers, here, n - here);
    }
  }
}
