package io.sparkmae.model.optimiser;

import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.GradientUpdater;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * The AdamW step of one block of parameters. Its moments are views into DL4J's updater state, first
 * moment first.
 */
final class AdamWStep implements GradientUpdater<AdamW> {

  private final AdamW config;
  private INDArray expAvg;
  private INDArray expAvgSq;

  AdamWStep(AdamW config, INDArray state, boolean initialize) {
    this.config = config;
    setStateViewArray(state, null, 'c', initialize);
  }

  AdamWStep(AdamW config, Map<String, INDArray> state) {
    this.config = config;
    setState(state, false);
  }

  @Override
  public AdamW getConfig() {
    return config;
  }

  @Override
  public void setState(Map<String, INDArray> state, boolean initialize) {
    expAvg = state.get("exp_avg");
    expAvgSq = state.get("exp_avg_sq");
  }

  @Override
  public Map<String, INDArray> getState() {
    return Map.of("exp_avg", expAvg, "exp_avg_sq", expAvgSq);
  }

  @Override
  public void setStateViewArray(
      INDArray view, long[] gradientShape, char gradientOrder, boolean initialize) {
    if (initialize) {
      view.assign(0);
    }
    INDArray flat = view.reshape(view.length());
    expAvg = flat.get(interval(0, flat.length() / 2));
    expAvgSq = flat.get(interval(flat.length() / 2, flat.length()));
  }

  /**
   * Turns the gradient into the step to subtract: lr / (1 − β1ᵗ) · m / (√v / √(1 − β2ᵗ) + ε), t =
   * iteration + 1.
   */
  @Override
  public void applyUpdater(INDArray gradient, int iteration, int epoch) {
    INDArray flat = gradient.reshape(expAvg.shape());
    INDArray work = flat.mul(flat); // the only extra vector that a step allocates
    expAvgSq.muli(config.beta2()).addi(work.muli(1 - config.beta2()));
    expAvg.muli(config.beta1()).addi(flat.muli(1 - config.beta1()));

    double correction1 = 1 - Math.pow(config.beta1(), iteration + 1);
    double correction2 = 1 - Math.pow(config.beta2(), iteration + 1);
    INDArray denominator =
        Transforms.sqrt(work.assign(expAvgSq), false)
            .divi(Math.sqrt(correction2))
            .addi(config.epsilon());
    double rate = config.getLearningRate(iteration, epoch) / correction1;
    flat.assign(expAvg).divi(denominator).muli(rate);
  }
}
