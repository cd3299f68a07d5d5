package io.sparkmae.model.engine;

import io.sparkmae.model.engine.device.Device;
import io.sparkmae.model.engine.device.Tensor;
import io.sparkmae.model.engine.device.Type;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * The memory of a plan: kept where a gradient reads it later, else shared by all tensors of one
 * role.
 */
final class Workspace {

  private final Device device;
  private final boolean training;
  private final Map<String, Tensor> shared = new HashMap<>();

  Workspace(Device device, boolean training) {
    this.device = device;
    this.training = training;
  }

  /**
   * Returns memory for an activation. In training it stays until the gradient has read it,
   * otherwise it is {@link #scratch}.
   */
  Tensor kept(String role, Type type, long... shape) {
    return training ? device.allocate(type, shape) : scratch(role, type, shape);
  }

  /** Returns memory that the next tensor of the same role, type and shape overwrites. */
  Tensor scratch(String role, Type type, long... shape) {
    return shared.computeIfAbsent(
        role + type + Arrays.toString(shape), key -> device.allocate(type, shape));
  }
}
