package io.sparkmae.model.engine.device;

/** A range of the parameters with its gradients and moments, all vectors of the same length. */
public record AdamWRange(
    Tensor params, Tensor gradients, Tensor expAvg, Tensor expAvgSq, boolean decays) {}
