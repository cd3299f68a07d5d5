package io.sparkmae.model.engine.device;

/**
 * The factors of one step of AdamW.
 *
 * <p>m = β1·m + (1 − β1)·g, v = β2·v + (1 − β2)·g², p = p·(1 − decay) − rate · m / (√v · root + ε).
 *
 * @param gradientScale factor on the gradient, below 1 where its norm is clipped
 * @param rate learning rate / (1 − β1ᵗ)
 * @param root 1 / √(1 − β2ᵗ)
 * @param decay learning rate · weight decay, for ranges that decay
 */
public record AdamWRates(
    double beta1,
    double beta2,
    double epsilon,
    double gradientScale,
    double rate,
    double root,
    double decay) {

  /**
   * Returns the rates of step {@code t}, counted from 1 (Loshchilov and Hutter 2019, algorithm 2).
   */
  public static AdamWRates of(
      double learningRate,
      double beta1,
      double beta2,
      double epsilon,
      double weightDecay,
      int t,
      double gradientScale) {
    return new AdamWRates(
        beta1,
        beta2,
        epsilon,
        gradientScale,
        learningRate / (1 - Math.pow(beta1, t)),
        1 / Math.sqrt(1 - Math.pow(beta2, t)),
        learningRate * weightDecay);
  }
}
