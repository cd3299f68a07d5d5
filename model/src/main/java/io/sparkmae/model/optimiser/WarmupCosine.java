package io.sparkmae.model.optimiser;

import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/**
 * Learning rate by global iteration: linear from 0 over the warm-up, then half a cosine down to the
 * minimum.
 *
 * <p>The rate of iteration 0 is exactly 0, as in the reference: the first step only moves Adam's
 * moments.
 */
public record WarmupCosine(
    @JsonProperty("peak") double peak,
    @JsonProperty("minimum") double minimum,
    @JsonProperty("warmupIterations") double warmupIterations,
    @JsonProperty("totalIterations") double totalIterations)
    implements ISchedule {

  private static final long serialVersionUID = 1;

  public WarmupCosine {
    if (!(peak >= 0) || !(minimum >= 0)) {
      throw new IllegalArgumentException(
          "Invalid learning rate: peak %s, minimum %s (neither may be negative)"
              .formatted(peak, minimum));
    }
    if (!(totalIterations > 0) || !(warmupIterations >= 0)) {
      throw new IllegalArgumentException(
          "Invalid schedule: %s of %s iterations are warm-up (the total must be positive, the warm-up not negative)"
              .formatted(warmupIterations, totalIterations));
    }
  }

  @Override
  public double valueAt(int iteration, int epoch) {
    if (iteration < warmupIterations) {
      return peak * iteration / warmupIterations;
    }
    double progress =
        Math.min(
            1, (iteration - warmupIterations) / Math.max(1, totalIterations - warmupIterations));
    return minimum + (peak - minimum) * 0.5 * (1 + Math.cos(Math.PI * progress));
  }

  /** Returns this instance: it is immutable. */
  @Override
  public ISchedule clone() {
    return this;
  }
}
