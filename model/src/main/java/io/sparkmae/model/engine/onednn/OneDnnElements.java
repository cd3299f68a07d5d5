package io.sparkmae.model.engine.onednn;

import static org.bytedeco.dnnl.global.dnnl.*;

import io.sparkmae.model.engine.device.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.dnnl.eltwise_backward;
import org.bytedeco.dnnl.eltwise_forward;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.post_ops;
import org.bytedeco.dnnl.primitive_attr;
import org.bytedeco.dnnl.reorder;
import org.bytedeco.dnnl.softmax_backward;
import org.bytedeco.dnnl.softmax_forward;

/** oneDNN's operations on entries or rows: softmax, GELU, copies. */
final class OneDnnElements {

  private final OneDnn dnn;

  OneDnnElements(OneDnn dnn) {
    this.dnn = dnn;
  }

  /** Returns work for y = the softmax of x along the last axis; y may be x. */
  Bound softmax(Tensor x, Tensor y) {
    return dnn.bind(new softmax_forward(softmaxOf(x, y)), arguments(x, y));
  }

  private softmax_forward.primitive_desc softmaxOf(Tensor x, Tensor y) {
    return dnn.keep(
        new softmax_forward.primitive_desc(
            dnn.cpu(),
            prop_kind.forward_training,
            algorithm.softmax_accurate,
            dnn.description(x),
            dnn.description(y),
            x.shape().length - 1));
  }

  /** Returns work for the gradient of {@link #softmax} from its result y; dx may be dy. */
  Bound softmaxGradient(Tensor y, Tensor dy, Tensor dx) {
    softmax_backward.primitive_desc description =
        dnn.keep(
            new softmax_backward.primitive_desc(
                dnn.cpu(),
                algorithm.softmax_accurate,
                dnn.description(dx),
                dnn.description(dy),
                dnn.description(y),
                y.shape().length - 1,
                softmaxOf(y, y)));
    return dnn.bind(new softmax_backward(description), arguments(DNNL_ARG_DST, y, dy, dx));
  }

  Runnable gelu(Tensor x, Tensor y) {
    return dnn.bind(new eltwise_forward(geluOf(x)), arguments(x, y));
  }

  private eltwise_forward.primitive_desc geluOf(Tensor x) {
    return dnn.keep(
        new eltwise_forward.primitive_desc(
            dnn.cpu(),
            prop_kind.forward_training,
            algorithm.eltwise_gelu_erf,
            dnn.description(x),
            dnn.description(x)));
  }

  Runnable geluGradient(Tensor x, Tensor dy, Tensor dx) {
    eltwise_backward.primitive_desc description =
        dnn.keep(
            new eltwise_backward.primitive_desc(
                dnn.cpu(),
                algorithm.eltwise_gelu_erf,
                dnn.description(dx),
                dnn.description(dy),
                dnn.description(x),
                geluOf(x)));
    return dnn.bind(new eltwise_backward(description), arguments(DNNL_ARG_SRC, x, dy, dx));
  }

  Runnable copy(Tensor from, Tensor to) {
    return reorder(from, to, dnn.keep(new primitive_attr()));
  }

  Runnable accumulate(Tensor from, Tensor to) {
    primitive_attr attributes = dnn.keep(new primitive_attr());
    post_ops sum = dnn.keep(new post_ops());
    sum.append_sum();
    attributes.set_post_ops(sum);
    return reorder(from, to, attributes);
  }

  private Runnable reorder(Tensor from, Tensor to, primitive_attr attributes) {
    return dnn.bind(reorder(from, dnn.description(to), attributes), arguments(from, to));
  }

  /** Returns work that copies a tensor to memory in another order. */
  Bound reorder(Tensor from, memory to) {
    reorder order = reorder(from, dnn.keep(to.get_desc()), dnn.keep(new primitive_attr()));
    Bound bound = dnn.bind(order, Map.of(DNNL_ARG_SRC, from));
    bound.put(DNNL_ARG_DST, to);
    return bound;
  }

  private reorder reorder(Tensor from, memory.desc to, primitive_attr attributes) {
    return new reorder(
        dnn.keep(
            new reorder.primitive_desc(
                dnn.cpu(), dnn.description(from), dnn.cpu(), to, attributes, false)));
  }

  /**
   * Returns the arguments of a gradient; {@code value}, the forward input or result, is {@code
   * argument}.
   */
  private static Map<Integer, Tensor> arguments(int argument, Tensor value, Tensor dy, Tensor dx) {
    Map<Integer, Tensor> arguments = new LinkedHashMap<>();
    arguments.put(argument, value);
    arguments.put(DNNL_ARG_DIFF_DST, dy);
    arguments.put(DNNL_ARG_DIFF_SRC, dx);
    return arguments;
  }

  private static Map<Integer, Tensor> arguments(Tensor from, Tensor to) {
    Map<Integer, Tensor> arguments = new LinkedHashMap<>();
    arguments.put(DNNL_ARG_SRC, from);
    arguments.put(DNNL_ARG_DST, to);
    return arguments;
  }
}
