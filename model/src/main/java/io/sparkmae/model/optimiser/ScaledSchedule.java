package io.sparkmae.model.optimiser;

import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/** The rates of another schedule times a factor: a layer's share of the learning rate. */
public record ScaledSchedule(
    @JsonProperty("whole") ISchedule whole, @JsonProperty("factor") double factor)
    implements ISchedule {

  private static final long serialVersionUID = 1;

  @Override
  public double valueAt(int iteration, int epoch) {
    return factor * whole.valueAt(iteration, epoch);
  }

  /** Returns this instance: it is immutable. */
  @Override
  public ISchedule clone() {
    return this;
  }
}
