package io.sparkmae.model.engine;

import io.sparkmae.model.config.Engine;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Precision;
import io.sparkmae.model.engine.device.Tensor;
import io.sparkmae.model.engine.device.Type;
import java.util.LinkedHashMap;
import java.util.Map;
import org.nd4j.linalg.api.buffer.DataType;

/**
 * The memory of a training step, counted by making its plan on paper: no parameter and no
 * activation is allocated, and no GPU is needed.
 *
 * @param parameters numbers of the model
 * @param workspace bytes of activations, gradients of activations, and copies of the weights in the
 *     products' type; on a GPU also of what the host has
 * @param inputs bytes of the images of a part, in the host's memory
 */
public record Footprint(long parameters, long workspace, long inputs) {

  // beyond it memory grows by the image, and a plan on paper takes its images' memory
  private static final int MOST_PLANNED = 256;

  /**
   * Returns the footprint of a step.
   *
   * @param engine {@link Engine#ONEDNN} or {@link Engine#CUDA}
   * @param batch images that are computed at once
   * @param threads of a step on the processor
   * @param shapes of the parameters, by the reference's names
   */
  public static Footprint of(
      Engine engine,
      MaeConfig config,
      int batch,
      Precision precision,
      int threads,
      Map<String, long[]> shapes) {
    if (batch <= MOST_PLANNED) {
      return planned(engine, config, batch, precision, threads, shapes);
    }
    Footprint half = planned(engine, config, MOST_PLANNED / 2, precision, threads, shapes);
    Footprint most = planned(engine, config, MOST_PLANNED, precision, threads, shapes);
    double steps = (batch - MOST_PLANNED) / (MOST_PLANNED / 2.0);
    return new Footprint(
        most.parameters,
        most.workspace + (long) (steps * (most.workspace - half.workspace)),
        most.inputs + (long) (steps * (most.inputs - half.inputs)));
  }

  private static Footprint planned(
      Engine engine,
      MaeConfig config,
      int batch,
      Precision precision,
      int threads,
      Map<String, long[]> shapes) {
    PaperDevice paper = new PaperDevice(engine, threads);
    Map<String, Tensor> values = uncounted(paper, shapes);
    new Plan(
        config,
        Purpose.TRAIN,
        new Batch(batch, DataType.UINT8),
        precision,
        paper,
        values,
        uncounted(paper, shapes));
    long parameters = values.values().stream().mapToLong(Tensor::length).sum();
    long inputs = (long) batch * config.tokens() * (config.patchLength() + Integer.BYTES);
    return new Footprint(parameters, paper.bytes(), inputs);
  }

  private static Map<String, Tensor> uncounted(PaperDevice paper, Map<String, long[]> shapes) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    shapes.forEach((name, shape) -> tensors.put(name, paper.uncounted(Type.F32, shape)));
    return tensors;
  }
}
