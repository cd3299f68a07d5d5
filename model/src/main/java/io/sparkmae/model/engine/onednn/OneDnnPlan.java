package io.sparkmae.model.engine.onednn;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.TreeMap;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;

/** The primitives and the memory of a plan. Running it frees them. */
final class OneDnnPlan implements Runnable {

  private final List<Pointer> made = new ArrayList<>();
  private final List<BytePointer> blocks = new ArrayList<>(); // of those, what others may overwrite
  private final TreeMap<Long, Deque<BytePointer>> offered = new TreeMap<>(); // by bytes

  /** A plan that uses the blocks of another where they are large enough. */
  static OneDnnPlan within(OneDnnPlan larger) {
    OneDnnPlan plan = new OneDnnPlan();
    for (BytePointer block : larger.blocks) {
      plan.offered.computeIfAbsent(block.capacity(), bytes -> new ArrayDeque<>()).add(block);
    }
    return plan;
  }

  /** Keeps {@code pointer} until this plan is freed; returns it. */
  <P extends Pointer> P keep(P pointer) {
    made.add(pointer);
    return pointer;
  }

  /** Returns memory that another plan may overwrite between this one's runs. */
  BytePointer block(long bytes) {
    var smallest = offered.ceilingEntry(bytes);
    if (smallest == null) {
      BytePointer block = zeros(bytes);
      blocks.add(block);
      return block;
    }
    BytePointer block = smallest.getValue().remove();
    if (smallest.getValue().isEmpty()) {
      offered.remove(smallest.getKey());
    }
    return block;
  }

  /** Returns memory of this plan alone, filled with zeros. */
  BytePointer zeros(long bytes) {
    BytePointer block = keep(new BytePointer(bytes));
    Pointer.memset(block, 0, bytes);
    return block;
  }

  /** Frees in the reverse order of creation, at once and not when Java's garbage collector runs. */
  @Override
  public void run() {
    for (int i = made.size() - 1; i >= 0; i--) {
      made.get(i).deallocate();
    }
    made.clear();
    blocks.clear();
  }

  boolean isFreed() {
    return made.isEmpty();
  }
}
