package io.sparkmae.model.engine;

import io.sparkmae.model.engine.device.Affine;
import io.sparkmae.model.engine.device.Device;
import io.sparkmae.model.engine.device.Tensor;
import io.sparkmae.model.engine.device.Type;
import java.util.Map;

/**
 * The parameters on the device, their gradients, and their copies in the type of the products.
 *
 * <p>The fp32 values are authoritative; the bf16 copies are made from them in every step.
 *
 * @param values name in the reference → fp32
 * @param gradients the same names; empty where nothing is trained
 */
record Weights(
    Device device,
    Type type,
    Tape tape,
    Map<String, Tensor> values,
    Map<String, Tensor> gradients) {

  /** Returns a parameter in fp32. */
  Tensor value(String name) {
    return values.get(name);
  }

  /** Returns the gradient of a parameter in fp32, or null where nothing is trained. */
  Tensor gradient(String name) {
    return gradients.get(name);
  }

  /** Returns a layer norm, in fp32. */
  Affine norm(String name) {
    return new Affine(
        value(name + ".weight"),
        value(name + ".bias"),
        gradient(name + ".weight"),
        gradient(name + ".bias"));
  }

  /**
   * Returns a linear layer. Its weight is in the type of the products, with all axes after the
   * first flattened into one.
   */
  Affine linear(String name) {
    return new Affine(
        inType(asMatrix(value(name + ".weight"))),
        value(name + ".bias"),
        asMatrix(gradient(name + ".weight")),
        gradient(name + ".bias"));
  }

  private Tensor inType(Tensor matrix) {
    if (type == Type.F32) {
      return matrix;
    }
    Tensor copy = device.allocate(type, matrix.shape());
    tape.forward(device.copy(matrix, copy));
    return copy;
  }

  private static Tensor asMatrix(Tensor tensor) {
    return tensor == null
        ? null
        : tensor.reshape(tensor.shape()[0], tensor.length() / tensor.shape()[0]);
  }
}
