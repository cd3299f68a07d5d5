package io.sparkmae.model.engine.onednn;

import io.sparkmae.model.engine.device.Address;
import java.util.HashMap;
import java.util.Map;
import org.bytedeco.dnnl.IntMemoryMap;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive;
import org.bytedeco.dnnl.stream;

/**
 * A oneDNN primitive with its memory. An argument can be moved to other memory of the same shape.
 */
final class Bound implements Runnable {

  private final primitive operation;
  private final stream stream;
  private final IntMemoryMap memories;
  private final Map<Integer, memory> byIndex = new HashMap<>();
  private final Address address = new Address(0);

  Bound(primitive operation, stream stream, IntMemoryMap memories) {
    this.operation = operation;
    this.stream = stream;
    this.memories = memories;
  }

  void put(int index, memory argument) {
    byIndex.put(index, argument);
    memories.put(index, argument);
  }

  /** Moves argument {@code index} to {@code address} for the runs from now on. */
  void move(int index, long address) {
    this.address.set(address);
    byIndex.get(index).set_data_handle(this.address);
  }

  @Override
  public void run() {
    operation.execute(stream, memories);
  }
}
