package io.sparkmae.model.engine;

import java.nio.FloatBuffer;
import java.util.Objects;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Ranges of a flat vector of any length, seen in its own memory. */
public final class HostVector {

  private HostVector() {}

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
}
