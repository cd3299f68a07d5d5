package io.sparkmae.model.engine;

import io.sparkmae.model.engine.device.Device;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The plans of one purpose: one for the most images so far, and one for fewer in the same memory,
 * where the device can do that. The steps of an epoch have two sizes, and change between them
 * twice.
 */
final class Plans<P> {

  private Made<P> large; // null: none yet
  private Made<P> small; // in the memory of the large one

  private record Made<P>(Batch batch, P plan, Runnable release) {

    static <P> Made<P> of(Batch batch, Supplier<P> maker, Runnable release) {
      try {
        return new Made<>(batch, maker.get(), release);
      } catch (RuntimeException | Error e) {
        release.run(); // what it had got before memory ran out
        throw e;
      }
    }
  }

  /** Returns the plan for a batch; if there is none, makes it, in place of others. */
  P of(Batch batch, Device device, Supplier<P> maker) {
    if (large != null && large.batch.equals(batch)) {
      return large.plan;
    }
    if (small == null || !small.batch.equals(batch)) {
      make(batch, device, maker);
    }
    return small == null ? large.plan : small.plan;
  }

  private void make(Batch batch, Device device, Supplier<P> maker) {
    small = closed(small);
    Optional<Runnable> within =
        large != null && large.batch.isLargerThan(batch)
            ? device.openPlanWithin(large.release)
            : Optional.empty();
    if (within.isPresent()) {
      small = Made.of(batch, maker, within.get());
    } else {
      large = closed(large); // before the next one takes its memory
      large = Made.of(batch, maker, device.openPlan());
    }
  }

  private Made<P> closed(Made<P> made) {
    if (made != null) {
      made.release.run();
    }
    return null;
  }
}
