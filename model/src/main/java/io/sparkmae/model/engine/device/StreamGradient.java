package io.sparkmae.model.engine.device;

/**
 * The gradient of the residual stream, to which each layer that reads the stream adds its share.
 *
 * @param sum fp32
 * @param first whether the share is the first and overwrites the sum
 * @param typed receives a copy of the new sum in the type of the products; null for none
 */
public record StreamGradient(Tensor sum, boolean first, Tensor typed) {}
