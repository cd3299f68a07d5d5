package io.sparkmae.model.engine;

import java.nio.FloatBuffer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;

/** A pointer to host memory that something else owns. */
final class Address extends Pointer {

  Address(long address) {
    super((Pointer) null);
    this.address = address;
  }

  void set(long address) {
    this.address = address;
  }

  /** At most 2³¹ − 1 entries, what Java's buffers can hold. */
  static FloatBuffer buffer(Tensor tensor) {
    return floats(tensor.address()).capacity(tensor.length()).asBuffer();
  }

  static FloatPointer floats(long address) {
    return new FloatPointer(new Address(address));
  }
}
