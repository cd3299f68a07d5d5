package io.sparkmae.model.engine;

import io.sparkmae.model.engine.device.Device;
import io.sparkmae.model.engine.device.TimedWork;
import java.util.ArrayList;
import java.util.List;

/**
 * The work of a step in order: forward work in the order of planning, then gradients in the reverse
 * order.
 */
final class Tape {

  private record Entry(StepPart part, Runnable work) {}

  private final List<Entry> forward = new ArrayList<>();
  private final List<List<Entry>> backward = new ArrayList<>();
  private final boolean training;
  private StepPart part = StepPart.ENCODER;

  /** Makes a tape, which ignores gradients unless it is for {@code training}. */
  Tape(boolean training) {
    this.training = training;
  }

  boolean training() {
    return training;
  }

  /** Counts the work planned from now on as {@code part}. */
  void part(StepPart part) {
    this.part = part;
  }

  void forward(Runnable... works) {
    forward.addAll(entries(works));
  }

  /**
   * Plans gradient works. They run in the given order, before gradients that were planned earlier.
   */
  void backward(Runnable... works) {
    if (training) {
      backward.add(entries(works));
    }
  }

  private List<Entry> entries(Runnable... works) {
    List<Entry> entries = new ArrayList<>();
    for (Runnable work : works) {
      entries.add(new Entry(part, work));
    }
    return entries;
  }

  /** Returns the whole step as a list of sections, which run on {@code device}. */
  List<Section> sections(Device device) {
    List<Entry> all = new ArrayList<>(forward);
    for (int i = backward.size() - 1; i >= 0; i--) {
      all.addAll(backward.get(i));
    }
    List<Section> sections = new ArrayList<>();
    for (int from = 0, to; from < all.size(); from = to) {
      StepPart part = all.get(from).part();
      for (to = from; to < all.size() && all.get(to).part() == part; ) {
        to++;
      }
      List<Runnable> works = all.subList(from, to).stream().map(Entry::work).toList();
      sections.add(new Section(part, device.inOrder(works)));
    }
    return sections;
  }

  /** A run of work that belongs to one part. */
  record Section(StepPart part, TimedWork work) {}
}
