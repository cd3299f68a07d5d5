package io.sparkmae.model.engine.device;

/**
 * Weight and bias of a layer with their gradients, which are null where nothing is trained.
 *
 * <p>A linear layer's weight is [out, in], a norm's is a vector.
 */
public record Affine(Tensor weight, Tensor bias, Tensor dWeight, Tensor dBias) {

  /** Returns the part of a linear layer with the outputs [from, to), as views. */
  public Affine outputs(long from, long to) {
    return new Affine(
        weight.slice(0, from, to),
        bias.slice(0, from, to),
        dWeight == null ? null : dWeight.slice(0, from, to),
        dBias == null ? null : dBias.slice(0, from, to));
  }
}
