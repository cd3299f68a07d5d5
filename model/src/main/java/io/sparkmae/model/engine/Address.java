package io.sparkmae.model.engine;

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

  static FloatPointer floats(long address) {
    return new FloatPointer(new Address(address));
  }
}
