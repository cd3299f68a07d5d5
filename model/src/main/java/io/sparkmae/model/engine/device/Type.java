package io.sparkmae.model.engine.device;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** What the entries of a tensor are. */
public enum Type {
  F32(4),
  BF16(2),
  /** Pixels, 0 to 255. */
  U8(1),
  /** Numbers of tokens. */
  I32(4);

  private final int bytes;

  Type(int bytes) {
    this.bytes = bytes;
  }

  /** Size of one entry. */
  public int bytes() {
    return bytes;
  }

  /** That of a host array of floats, bytes or integers. */
  public static Type of(INDArray array) {
    DataType type = array.dataType();
    return type == DataType.UINT8 ? U8 : type == DataType.INT32 ? I32 : F32;
  }
}
