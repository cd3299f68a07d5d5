package io.sparkmae.model.engine.onednn;

import io.sparkmae.model.engine.device.Address;
import io.sparkmae.model.engine.device.Packing;
import io.sparkmae.model.engine.device.Tensor;
import io.sparkmae.model.engine.device.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.dnnl.IntMemoryMap;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive;
import org.bytedeco.dnnl.stream;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;

/** oneDNN's engine and stream, and the primitives and memory of each plan. */
final class OneDnn implements AutoCloseable {

  private static final int ALIGNMENT = 64; // a cache line, and one AVX-512 register

  private final engine cpu = new engine(engine.kind.cpu, 0);
  private final stream stream = new stream(cpu);
  private final OneDnnPlan resident = new OneDnnPlan(); // what belongs to no plan
  private final List<OneDnnPlan> plans = new ArrayList<>(List.of(resident));
  private final Map<String, Tensor> scratch = new HashMap<>(); // of the open plan
  private OneDnnPlan open = resident;

  OneDnn() {
    keep(cpu);
    keep(stream);
  }

  engine cpu() {
    return cpu;
  }

  /** Waits until all work so far is done. */
  void await() {
    stream._wait();
  }

  /** Allocates memory that another plan may overwrite between the open one's runs. */
  Tensor allocate(Type type, long... shape) {
    return tensor(open.block(bytes(type, shape)), type, shape);
  }

  /** Allocates memory of the open plan alone, filled with zeros. */
  Tensor allocateOwn(Type type, long... shape) {
    return tensor(open.zeros(bytes(type, shape)), type, shape);
  }

  /** Allocates memory that belongs to no plan and stays until close, filled with zeros. */
  Tensor allocateResident(Type type, long... shape) {
    return tensor(resident.zeros(bytes(type, shape)), type, shape);
  }

  private static long bytes(Type type, long... shape) {
    return Tensor.dense(0, type, shape).length() * type.bytes() + ALIGNMENT;
  }

  private static Tensor tensor(BytePointer memory, Type type, long... shape) {
    long aligned = (memory.address() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    return Tensor.dense(aligned, type, shape);
  }

  Tensor scratch(String role, long... shape) {
    return scratch.computeIfAbsent(role + Arrays.toString(shape), key -> allocate(Type.F32, shape));
  }

  /** Binds a primitive to its arguments. */
  Bound bind(primitive operation, Map<Integer, Tensor> arguments) {
    Bound bound = new Bound(keep(operation), stream, keep(new IntMemoryMap()));
    arguments.forEach(
        (index, tensor) ->
            bound.put(
                index, keep(new memory(description(tensor), cpu, new Address(tensor.address())))));
    return bound;
  }

  memory.desc description(Tensor tensor) {
    return keep(new memory.desc(tensor.shape(), type(tensor), tensor.strides()));
  }

  private static memory.data_type type(Tensor tensor) {
    return tensor.type() == Type.F32 ? memory.data_type.f32 : memory.data_type.bf16;
  }

  /** Returns a description that leaves the order of the numbers to the primitive. */
  memory.desc anyOrder(Tensor tensor) {
    return keep(new memory.desc(tensor.shape(), type(tensor), memory.format_tag.any));
  }

  /**
   * Returns memory for a tensor in an order of oneDNN's own, until the next work is run: others use
   * it too.
   */
  memory packed(memory.desc order) {
    long bytes = Packing.memory(keep(order).get_size());
    Tensor shared = scratch("packed", bytes / Float.BYTES);
    return keep(new memory(order, cpu, new Address(shared.address())));
  }

  /** Keeps {@code pointer} until the open plan is freed; returns it. */
  <P extends Pointer> P keep(P pointer) {
    return open.keep(pointer);
  }

  /** Opens a plan: all that is made from now on belongs to it. Running the result frees it. */
  Runnable openPlan() {
    return open(new OneDnnPlan());
  }

  /** Opens a plan in the memory of one that an open method returned. */
  Runnable openPlanWithin(Runnable larger) {
    return open(OneDnnPlan.within((OneDnnPlan) larger));
  }

  private Runnable open(OneDnnPlan plan) {
    plans.removeIf(OneDnnPlan::isFreed);
    plans.add(plan);
    open = plan;
    scratch.clear();
    return plan;
  }

  @Override
  public void close() {
    for (int i = plans.size() - 1; i >= 0; i--) {
      plans.get(i).run();
    }
  }
}
