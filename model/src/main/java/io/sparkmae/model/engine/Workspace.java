package io.sparkmae.model.engine;

import io.sparkmae.model.engine.device.Device;
import io.sparkmae.model.engine.device.Tensor;
import io.sparkmae.model.engine.device.Type;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * The memory of a plan: kept where a gradient will read it, else shared by all that play one role.
 */
final class Workspace {

  private final Device device;
  private final boolean training;
  private final Map<String, Tensor> shared = new HashMap<>();

  Workspace(Device device, boolean training) {
    this.device = device;
    this.training = training;
  }

  /** An activation: it survives until its gradient, if there will be one. */
  Tensor kept(String role, Type type, long... shape) {
    return training ? device.allocate(type, shape) : scratch(role, type, shape);
  }

  /** Memory that the next of the same role and shape overwrites. */
  Tensor scratch(String role, Type type, long... shape) {
    return shared.computeIfAbsent(
        role + type + Arrays.toString(shape), key -> device.allocate(type, shape));
  }
}
