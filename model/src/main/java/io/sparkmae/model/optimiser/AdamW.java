package io.sparkmae.model.optimiser;

import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.GradientUpdater;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/**
 * Adam as the reference's optimiser computes it, with eps added outside the corrected root.
 *
 * <p>DL4J's own Adam adds eps before correcting the second moment, which shows where gradients are
 * tiny. The decoupled decay is DL4J's {@code WeightDecay} on the weight parameters, applied after
 * this updater.
 *
 * @param schedule learning rate by global iteration
 * @param beta1 0.9 in the paper (Table 8)
 * @param beta2 0.95 in the paper
 * @param epsilon 1e-8
 */
public record AdamW(
    @JsonProperty("schedule") ISchedule schedule,
    @JsonProperty("beta1") double beta1,
    @JsonProperty("beta2") double beta2,
    @JsonProperty("epsilon") double epsilon)
    implements IUpdater {

  private static final long serialVersionUID = 1;

  public AdamW {
    if (!(beta1 >= 0 && beta1 < 1) || !(beta2 >= 0 && beta2 < 1)) {
      throw new IllegalArgumentException(
          "Invalid betas: %s, %s (must be in [0, 1))".formatted(beta1, beta2));
    }
  }

  /** Returns AdamW with the paper's betas and an epsilon of 1e-8. */
  public static AdamW of(ISchedule schedule) {
    return new AdamW(schedule, 0.9, 0.95, 1e-8);
  }

  @Override
  public long stateSize(long numParams) {
    return 2 * numParams;
  }

  @Override
  @SuppressWarnings("rawtypes") // the interface's own
  public GradientUpdater instantiate(INDArray viewArray, boolean initializeViewArray) {
    return new AdamWStep(this, viewArray.reshape(viewArray.length()), initializeViewArray);
  }

  @Override
  @SuppressWarnings("rawtypes") // the interface's own
  public GradientUpdater instantiate(Map<String, INDArray> state, boolean initialize) {
    return new AdamWStep(this, state);
  }

  /** Returns this instance: it is immutable. */
  @Override
  public IUpdater clone() {
    return this;
  }

  @Override
  public double getLearningRate(int iteration, int epoch) {
    return schedule.valueAt(iteration, epoch);
  }

  @Override
  public boolean hasLearningRate() {
    return true;
  }

  /**
   * Always throws {@link UnsupportedOperationException}: the schedule is part of a run's
   * definition.
   */
  @Override
  public void setLrAndSchedule(double lr, ISchedule lrSchedule) {
    throw new UnsupportedOperationException(
        "Cannot change the learning rate of AdamW: build a new one");
  }
}
