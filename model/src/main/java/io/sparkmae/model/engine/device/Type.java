package io.sparkmae.model.engine.device;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The number types of a tensor's entries. */
public enum Type {
  F32(4),
  BF16(2),
  /** Pixels, 0 to 255. */
  U8(1),
  /** Indices of tokens. */
  I32(4);

  private final int bytes;

  Type(int bytes) {
    this.bytes = bytes;
  }

  /** Returns the size of one entry in bytes. */
  public int bytes() {
    return bytes;
  }

  /** Returns the type of a host array of floats, bytes or integers. */
  public static Type of(INDArray array) {
    DataType type = array.dataType();
    return type == DataType.UINT8 ? U8 : type == DataType.INT32 ? I32 : F32;
  }
}
