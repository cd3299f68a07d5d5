package io.sparkmae.model.engine;

import static org.bytedeco.dnnl.global.dnnl.*;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.dnnl.layer_normalization_backward;
import org.bytedeco.dnnl.layer_normalization_forward;

/** Layer norm on the processor. */
final class OneDnnNorm {

  private static final int SCALE_AND_SHIFT =
      normalization_flags.use_scale.value | normalization_flags.use_shift.value;

  private final OneDnnDevice device;
  private final Tensor x;
  private final Affine layer;
  private final float eps;
  private final Tensor mean;
  private final Tensor variance;

  OneDnnNorm(OneDnnDevice device, Tensor x, Affine layer, double eps, Tensor statistics) {
    this.device = device;
    this.x = x;
    this.layer = layer;
    this.eps = (float) eps;
    mean = statistics.at(0, 0);
    variance = statistics.at(0, 1);
  }

  Runnable forward(Tensor y) {
    Map<Integer, Tensor> arguments = arguments();
    arguments.put(DNNL_ARG_SHIFT, layer.bias());
    arguments.put(DNNL_ARG_DST, y);
    return device.bind(new layer_normalization_forward(description(y)), arguments);
  }

  private Map<Integer, Tensor> arguments() {
    Map<Integer, Tensor> arguments = new LinkedHashMap<>();
    arguments.put(DNNL_ARG_SRC, x);
    arguments.put(DNNL_ARG_MEAN, mean);
    arguments.put(DNNL_ARG_VARIANCE, variance);
    arguments.put(DNNL_ARG_SCALE, layer.weight());
    return arguments;
  }

  private layer_normalization_forward.primitive_desc description(Tensor y) {
    return device.keep(
        new layer_normalization_forward.primitive_desc(
            device.cpu(),
            prop_kind.forward_training.value,
            device.description(x),
            device.description(y),
            device.description(mean),
            eps,
            SCALE_AND_SHIFT));
  }

  Runnable gradient(Tensor dy, StreamGradient dx) {
    Tensor share = dx.first() ? dx.sum() : device.scratch("norm", x.shape());
    List<Runnable> works = new ArrayList<>();
    works.add(shareOf(dy, share));
    if (!dx.first()) {
      works.add(device.accumulate(share, dx.sum()));
    }
    if (dx.typed() != null) {
      works.add(device.copy(dx.sum(), dx.typed()));
    }
    return new InTurn(works);
  }

  private Runnable shareOf(Tensor dy, Tensor dx) {
    layer_normalization_backward.primitive_desc description =
        device.keep(
            new layer_normalization_backward.primitive_desc(
                device.cpu(),
                prop_kind.backward.value,
                device.description(dx),
                device.description(dy),
                device.description(x),
                device.description(mean),
                eps,
                SCALE_AND_SHIFT,
                description(dy)));
    Map<Integer, Tensor> arguments = arguments();
    arguments.put(DNNL_ARG_DIFF_DST, dy);
    arguments.put(DNNL_ARG_DIFF_SRC, dx);
    arguments.put(DNNL_ARG_DIFF_SCALE, layer.dWeight());
    arguments.put(DNNL_ARG_DIFF_SHIFT, layer.dBias());
    return device.bind(new layer_normalization_backward(description), arguments);
  }
}
