package io.sparkmae.model.engine.device;

import org.bytedeco.javacpp.FloatPointer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Rows of fp32 numbers in host memory, read and written without allocating objects. */
public final class Rows {

  private final INDArray array;
  private final FloatPointer pointer;
  private final int length;

  private Rows(INDArray array, int length) {
    this.array = array;
    this.pointer = Address.floats(Address.of(array));
    this.length = length;
  }

  /** Allocates rows of {@code length} numbers; their contents are undefined. */
  public static Rows create(long rows, int length) {
    // detached: a workspace would reuse the memory
    return new Rows(Nd4j.createUninitializedDetached(DataType.FLOAT, rows, length), length);
  }

  /** Returns the rows of an array of any shape whose last axis is {@code length} long. */
  public static Rows of(INDArray array, int length) {
    return new Rows(HostVector.dense(array), length);
  }

  public INDArray array() {
    return array;
  }

  public void read(long row, float[] into) {
    pointer.position(row * length).get(into, 0, length);
  }

  /** Overwrites row {@code row} with row {@code index} of {@code table}. */
  public void write(long row, float[] table, int index) {
    pointer.position(row * length).put(table, index * length, length);
  }
}
