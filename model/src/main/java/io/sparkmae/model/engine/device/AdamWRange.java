package io.sparkmae.model.engine.device;

/** A range of the parameters with its gradients and moments; all are vectors of one length. */
public record AdamWRange(
    Tensor params, Tensor gradients, Tensor expAvg, Tensor expAvgSq, boolean decays) {}
