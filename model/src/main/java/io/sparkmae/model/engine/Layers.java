package io.sparkmae.model.engine;

import io.sparkmae.model.engine.device.Activation;
import io.sparkmae.model.engine.device.Affine;
import io.sparkmae.model.engine.device.Device;
import io.sparkmae.model.engine.device.StreamGradient;
import io.sparkmae.model.engine.device.Tensor;
import io.sparkmae.model.engine.device.Type;

/**
 * The layers that a tower is made of: each plans its forward work, and its gradients.
 *
 * <p>The residual stream is fp32; the inputs of products are in the products' type. The gradient of
 * the stream is one tensor; each layer that reads the stream adds its share to it.
 */
final class Layers {

  private final Device device;
  private final Type type;
  private final double eps;
  private final Tape tape;
  private final Workspace workspace;
  private final Weights weights;

  Layers(Device device, Type type, double eps, Tape tape, Workspace workspace, Weights weights) {
    this.device = device;
    this.type = type;
    this.eps = eps;
    this.tape = tape;
    this.workspace = workspace;
    this.weights = weights;
  }

  /** Returns the type of the products' inputs. */
  Type type() {
    return type;
  }

  Weights weights() {
    return weights;
  }

  Workspace workspace() {
    return workspace;
  }

  /** Returns memory for the input of a product, and for its gradient. */
  Activation activation(String role, long... shape) {
    return new Activation(workspace.kept(role, type, shape), gradient(role, shape));
  }

  private Tensor gradient(String role, long... shape) {
    return tape.training() ? workspace.scratch("d " + role, type, shape) : null;
  }

  /**
   * Returns memory for the input of an operation whose output is {@code next}. The gradients of
   * both share one tensor.
   */
  Activation inPlaceOf(Activation next, String role) {
    return new Activation(workspace.kept(role, type, next.value().shape()), next.gradient());
  }

  /** Plans y = x·Wᵀ + b. */
  void linear(Affine layer, Activation x, Activation y) {
    tape.forward(device.linear(x.value(), layer.weight(), layer.bias(), null, y.value()));
    if (tape.training()) {
      linearGradient(layer, x, y.gradient());
    }
  }

  /**
   * Plans y = x·Wᵀ + b + addend in fp32, for the residual stream or the output.
   *
   * @param dy gradient of y in fp32, null where nothing is trained
   */
  void linear(Affine layer, Activation x, Tensor addend, Tensor y, Tensor dy) {
    tape.forward(device.linear(x.value(), layer.weight(), layer.bias(), addend, y));
    if (tape.training()) {
      linearGradient(layer, x, inType("d stream", dy));
      if (addend == null) { // with an addend, the stream's layer norm has made the copy
        toType(dy);
      }
    }
  }

  /**
   * Plans y = addend + scale · (x·Wᵀ + b), each image with its own scale.
   *
   * @param scales [N]
   * @param dy gradient of y in fp32, null where nothing is trained; the addend's too
   */
  void scaledLinear(Affine layer, Activation x, Tensor scales, Tensor addend, Tensor y, Tensor dy) {
    Tensor branch = workspace.scratch("branch", Type.F32, y.shape());
    tape.forward(
        device.linear(x.value(), layer.weight(), layer.bias(), null, branch),
        device.scaleImages(branch, scales, addend, y));
    if (tape.training()) {
      Tensor dBranch = workspace.scratch("d branch", Type.F32, y.shape());
      Tensor typed = inType("d typed branch", dBranch);
      linearGradient(layer, x, typed);
      if (typed != dBranch) {
        tape.backward(device.copy(dBranch, typed));
      }
      tape.backward(device.scaleImages(dy, scales, null, dBranch));
    }
  }

  /** Plans y = x + the branch that ends in a linear layer, scaled if {@code ofImages} is given. */
  void branch(Affine last, Activation in, Tensor ofImages, Tensor x, Tensor y, Tensor d) {
    if (ofImages == null) {
      linear(last, in, x, y, d);
    } else {
      scaledLinear(last, in, ofImages, x, y, d);
    }
  }

  /**
   * Plans x + mlp(norm(x)).
   *
   * @param norm the norm's name
   * @param mlp the name that its two linear layers have in common
   * @param d gradient of the stream, in and out
   * @param ofImages scales of the branch [N], or null
   * @return the stream after it
   */
  Tensor mlp(String norm, String mlp, Tensor x, Tensor d, Tensor ofImages) {
    Affine first = weights.linear(mlp + ".fc1");
    Activation activated = activation("activated", x.shape()[0], first.weight().shape()[0]);
    Activation hidden = inPlaceOf(activated, "hidden");
    linear(weights.norm(norm), x, d, first, hidden);
    gelu(hidden, activated);
    Tensor out = workspace.kept("stream", Type.F32, x.shape());
    branch(weights.linear(mlp + ".fc2"), activated, ofImages, x, out, d);
    return out;
  }

  /** Plans a copy of the gradient of the stream, or of the output, in the products' type. */
  void toType(Tensor d) {
    Tensor typed = inType("d stream", d);
    if (typed != d) {
      tape.backward(device.copy(d, typed));
    }
  }

  private void linearGradient(Affine layer, Activation x, Tensor dy) {
    if (x.gradient() != null) {
      tape.backward(device.linearInputGradient(dy, layer.weight(), x.gradient()));
    }
    tape.backward(device.linearWeightGradient(dy, x.value(), layer.dWeight(), layer.dBias()));
  }

  /**
   * Returns the tensor itself if it has the products' type, else memory for a copy of it in that
   * type.
   */
  Tensor inType(String role, Tensor tensor) {
    return tensor.type() == type ? tensor : workspace.scratch(role, type, tensor.shape());
  }

  /**
   * Plans y = the stream, normalised.
   *
   * @param d gradient of the stream: this layer adds its share, or overwrites it if {@code first}
   * @return the statistics of the rows
   */
  Tensor norm(Affine layer, Tensor stream, Tensor d, boolean first, Activation y) {
    Tensor statistics = workspace.kept("statistics", Type.F32, 2, stream.shape()[0]);
    tape.forward(device.layerNorm(stream, layer, eps, statistics, y.value()));
    if (tape.training()) {
      Tensor typed = inType("d stream", d);
      StreamGradient dx = new StreamGradient(d, first, typed == d ? null : typed);
      tape.backward(device.layerNormGradient(stream, layer, eps, statistics, y.gradient(), dx));
    }
    return statistics;
  }

  /**
   * Plans y = norm(x)·Wᵀ + b. The gradient computes an fp32 norm once more: keeping it takes more
   * memory than that takes time.
   *
   * @param d gradient of the stream x, to which this adds its share
   */
  void linear(Affine norm, Tensor x, Tensor d, Affine layer, Activation y) {
    boolean again = tape.training() && type == Type.F32;
    Tensor value =
        again
            ? workspace.scratch("normed", type, x.shape())
            : workspace.kept("normed", type, x.shape());
    Activation normed = new Activation(value, gradient("normed", x.shape()));
    Tensor statistics = norm(norm, x, d, false, normed);
    linear(layer, normed, y);
    if (again) {
      tape.backward(device.layerNorm(x, norm, eps, statistics, value));
    }
  }

  /** Plans the attention of heads [N, H, T, W]; q may have fewer tokens than k. */
  void attention(Activation q, Activation k, Activation v, Activation attended) {
    Tensor like = device.attentionState(q.value(), k.value());
    Tensor state = workspace.kept("attention", like.type(), like.shape());
    tape.forward(device.attention(q.value(), k.value(), v.value(), state, attended.value()));
    if (tape.training()) {
      tape.backward(device.attentionGradient(q, k, v, state, attended));
    }
  }

  /** Plans y = GELU(x). */
  void gelu(Activation x, Activation y) {
    tape.forward(device.gelu(x.value(), y.value()));
    if (tape.training()) {
      tape.backward(device.geluGradient(x.value(), y.gradient(), x.gradient()));
    }
  }
}
