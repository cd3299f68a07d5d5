package io.sparkmae.model.engine.device;

/** A tensor and where its gradient goes; the gradient is null where nothing is trained. */
public record Activation(Tensor value, Tensor gradient) {

  public Activation reshape(long... shape) {
    return map(tensor -> tensor.reshape(shape));
  }

  public Activation slice(int axis, long from, long to) {
    return map(tensor -> tensor.slice(axis, from, to));
  }

  public Activation heads(long numHeads) {
    return map(tensor -> tensor.heads(numHeads));
  }

  private Activation map(java.util.function.UnaryOperator<Tensor> view) {
    return new Activation(view.apply(value), gradient == null ? null : view.apply(gradient));
  }
}
