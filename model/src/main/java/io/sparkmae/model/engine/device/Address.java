package io.sparkmae.model.engine.device;

import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.Pointer;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A pointer to host memory that another object owns. Only this class makes Java buffers of such
 * memory.
 */
public final class Address extends Pointer {

  public Address(long address) {
    super((Pointer) null);
    this.address = address;
  }

  public void set(long address) {
    this.address = address;
  }

  /**
   * Returns the address of the array's first entry. {@code data().address()} ignores the offset of
   * a view.
   */
  public static long of(INDArray array) {
    Pointer start = array.data().addressPointer();
    return start.address() + start.position() * array.dataType().width();
  }

  /**
   * Returns a buffer of {@code length} floats at {@code address}, in the machine's byte order.
   *
   * @throws IllegalArgumentException if they are more than a Java buffer can span
   */
  public static FloatBuffer buffer(long address, long length) {
    return whole(floats(address).capacity(length).asBuffer(), length);
  }

  /** Returns a buffer of the whole tensor, with the limit of {@link #buffer(long, long)}. */
  public static FloatBuffer buffer(Tensor tensor) {
    return buffer(tensor.address(), tensor.length());
  }

  public static ByteBuffer bytes(Tensor tensor) {
    var start = new BytePointer(new Address(tensor.address()));
    return whole(start.capacity(tensor.length()).asBuffer(), tensor.length());
  }

  public static IntBuffer integers(Tensor tensor) {
    var start = new IntPointer(new Address(tensor.address()));
    return whole(start.capacity(tensor.length()).asBuffer(), tensor.length());
  }

  public static FloatPointer floats(long address) {
    return new FloatPointer(new Address(address));
  }

  /** Throws if the buffer is shorter than {@code length}: JavaCPP truncates silently. */
  private static <B extends Buffer> B whole(B buffer, long length) {
    if (buffer.capacity() != length) {
      throw new IllegalArgumentException(
          "Cannot view %,d entries as one buffer (must be at least 1, and at most 2,147,483,647 bytes; take shorter ranges)"
              .formatted(length));
    }
    return buffer;
  }
}
