package io.sparkmae.model.engine.device;

import java.nio.FloatBuffer;
import java.util.Objects;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A flat vector of fp32 numbers in host memory, of any length: a Java buffer ends at 2 GiB. */
public final class HostVector {

  private static final int SHIFT = 28; // pieces of 1 GiB

  private final long length;
  private final int shift;
  private final FloatBuffer[] pieces;

  /** The numbers of a dense tensor, in place. */
  public HostVector(Tensor dense) {
    this(dense, SHIFT);
  }

  /** The numbers of a dense tensor, in place, as buffers of 2<sup>shift</sup> each. */
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
   * The numbers [from, from + length) of {@code vector}, in place.
   *
   * @param vector fp32, in host memory, one number after the other: [n] or [1, n]; it must outlive
   *     the view
   * @throws IndexOutOfBoundsException if the vector has no such range
   * @throws IllegalArgumentException if it is no such vector, or the range is longer than 2 GiB
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
   * The array itself if its memory is row-major without gaps, else a copy that is; a permuted
   * array's {@code ordering()} does not tell.
   */
  public static INDArray dense(INDArray array) {
    boolean isDense = new Tensor(0, Type.F32, array.shape(), array.stride()).isDense();
    return isDense ? array : array.dup('c');
  }

  public long length() {
    return length;
  }

  /**
   * Reads the numbers [from, from + n), which touch two pieces at most, to the start of {@code to}.
   */
  public void get(long from, float[] to, int n) {
    int at = (int) from & (1 << shift) - 1;
    int here = Math.min(n, (1 << shift) - at);
    pieces[(int) (from >>> shift)].get(at, to, 0, here);
    if (here < n) {
      pieces[(int) (from >>> shift) + 1].get(0, to, here, n - here);
    }
  }

  /** Writes the first {@code n} of {@code numbers} to [from, from + n). */
  public void put(long from, float[] numbers, int n) {
    int at = (int) from & (1 << shift) - 1;
    int here = Math.min(n, (1 << shift) - at);
    pieces[(int) (from >>> shift)].put(at, numbers, 0, here);
    if (here < n) {
      pieces[(int) (from >>> shift) + 1].put(0, numbers, here, n - here);
    }
  }
}
