package io.sparkmae.model.engine;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
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

  static ByteBuffer bytes(Tensor tensor) {
    return new BytePointer(new Address(tensor.address())).capacity(tensor.length()).asBuffer();
  }

  static IntBuffer integers(Tensor tensor) {
    return new IntPointer(new Address(tensor.address())).capacity(tensor.length()).asBuffer();
  }

  static FloatPointer floats(long address) {
    return new FloatPointer(new Address(address));
  }
}
