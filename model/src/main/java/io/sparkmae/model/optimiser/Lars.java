package io.sparkmae.model.optimiser;

/**
 * The step of LARS on one tensor, without weight decay: the gradient is scaled to 0.001 times the
 * parameters' norm, and the velocity is subtracted (heavy ball).
 *
 * @see <a href="https://arxiv.org/abs/1708.03888">You et al. 2017</a>; He et al. 2021, table 10
 */
public final class Lars {

  private static final double MOMENTUM = 0.9;
  private static final double TRUST = 0.001;

  private final boolean adapts;
  private final float[] velocity;

  /**
   * Makes the step of a tensor of {@code length} numbers.
   *
   * @param adapts whether the gradient is scaled; the paper's biases are not
   */
  public Lars(int length, boolean adapts) {
    this.velocity = new float[length];
    this.adapts = adapts;
  }

  /**
   * Updates {@code parameters}: v ← 0.9 v + s · gradient, parameters ← parameters − rate · v, where
   * s is 1 if either norm is 0.
   */
  public void step(float[] parameters, float[] gradient, double rate) {
    double scale = adapts ? scale(norm(parameters), norm(gradient)) : 1;
    for (int i = 0; i < parameters.length; i++) {
      velocity[i] = (float) (MOMENTUM * velocity[i] + scale * gradient[i]);
      parameters[i] -= (float) (rate * velocity[i]);
    }
  }

  private static double scale(double parameters, double gradient) {
    return parameters > 0 && gradient > 0 ? TRUST * parameters / gradient : 1;
  }

  private static double norm(float[] values) {
    double squares = 0;
    for (float value : values) {
      squares += (double) value * value;
    }
    return Math.sqrt(squares);
  }
}
