package io.sparkmae.model.engine.device;

import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** An fp32 vector that costs only the pages which a test touches: ND4J's own clears them all. */
public final class LongVector implements AutoCloseable {

  private final Pointer memory;
  private final INDArray array;

  /** Numbers [1, length], all of them 0. */
  public LongVector(long length) {
    memory = Pointer.calloc(length, Float.BYTES);
    var floats = new FloatPointer(memory).capacity(length);
    array = Nd4j.create(Nd4j.createBuffer(floats, length, DataType.FLOAT), new long[] {1, length});
  }

  public INDArray array() {
    return array;
  }

  @Override
  public void close() {
    Pointer.free(memory);
  }
}
