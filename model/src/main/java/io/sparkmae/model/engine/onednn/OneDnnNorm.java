package io.sparkmae.model.engine.onednn;

import static org.bytedeco.dnnl.global.dnnl.*;

import io.sparkmae.model.engine.device.Affine;
import io.sparkmae.model.engine.device.InTurn;
import io.sparkmae.model.engine.device.StreamGradient;
import io.sparkmae.model.engine.device.Tensor;
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

  private final OneDnn dnn;
  private final OneDnnElements elements;
  private final Tensor x;
  private final Affine layer;
  private final float eps;
  private final Tensor mean;
  private final Tensor variance;

  OneDnnNorm(
      OneDnn dnn, OneDnnElements elements, Tensor x, Affine layer, double eps, Tensor statistics) {
    this.dnn = dnn;
    this.elements = elements;
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
    return dnn.bind(new layer_normalization_forward(description(y)), arguments);
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
    return dnn.keep(
        new layer_normalization_forward.primitive_desc(
            dnn.cpu(),
            prop_kind.forward_training.value,
            dnn.description(x),
            dnn.description(y),
            dnn.description(mean),
            eps,
            SCALE_AND_SHIFT));
  }

  Runnable gradient(Tensor dy, StreamGradient dx) {
    Tensor share = dx.first() ? dx.sum() : dnn.scratch("norm", x.shape());
    List<Runnable> works = new ArrayList<>();
    works.add(shareOf(dy, share));
    if (!dx.first()) {
      works.add(elements.accumulate(share, dx.sum()));
    }
    if (dx.typed() != null) {
      works.add(elements.copy(dx.sum(), dx.typed()));
    }
    return new InTurn(works);
  }

  private Runnable shareOf(Tensor dy, Tensor dx) {
    layer_normalization_backward.primitive_desc description =
        dnn.keep(
            new layer_normalization_backward.primitive_desc(
                dnn.cpu(),
                prop_kind.backward.value,
                dnn.description(dx),
                dnn.description(dy),
                dnn.description(x),
                dnn.description(mean),
                eps,
                SCALE_AND_SHIFT,
                description(dy)));
    Map<Integer, Tensor> arguments = arguments();
    arguments.put(DNNL_ARG_DIFF_DST, dy);
    arguments.put(DNNL_ARG_DIFF_SRC, dx);
    arguments.put(DNNL_ARG_DIFF_SCALE, layer.dWeight());
    arguments.put(DNNL_ARG_DIFF_SHIFT, layer.dBias());
    return dnn.bind(new layer_normalization_backward(description), arguments);
  }
}
