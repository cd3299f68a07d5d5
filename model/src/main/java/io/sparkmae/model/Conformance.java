package io.sparkmae.model;

import io.sparkmae.model.config.Engine;
import io.sparkmae.model.config.Precision;
import io.sparkmae.model.file.Safetensors;
import java.io.IOException;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * The differences between this implementation and numbers that the reference computed.
 *
 * <p>A golden file holds parameters, images and noise, and the reference's results for them:
 * activations, loss, gradients, and the parameters after some AdamW steps on the same batch.
 *
 * @param differences quantity → largest difference found
 * @param limits quantity → largest difference allowed
 */
public record Conformance(Map<String, Double> differences, Map<String, Double> limits) {

  /** The golden files that this library carries. */
  public static final List<String> CARRIED =
      List.of("mae_tiny", "mae_tiny_normpix", "mae_tiny_f64");

  /** Limits for bf16 products, whose operands have 8 significant bits. */
  private static final Map<String, Double> ROUNDED_LIMITS =
      Map.of(
          "latent", 2e-2,
          "pred", 2e-2,
          "loss", 1e-2,
          "gradients", 5e-2,
          "parameters", 1e-2,
          "parametersBeyond1e-6", 1.0);

  /** Returns whether every difference is within its limit. A NaN is not within any limit. */
  public boolean passed() {
    return differences.entrySet().stream()
        .allMatch(entry -> entry.getValue() <= limits.get(entry.getKey()));
  }

  /** Checks the carried golden file {@code name} on an engine. */
  public static Conformance ofCarried(String name, Engine engine, Precision precision)
      throws IOException {
    try (InputStream in =
        Conformance.class.getResourceAsStream("golden/" + name + ".safetensors")) {
      return of(Safetensors.read(in), engine, precision);
    }
  }

  /**
   * Checks a golden file on an engine. An fp64 file always runs on the graph, the only engine with
   * fp64.
   *
   * @throws IllegalArgumentException if the file is not a golden file
   */
  public static Conformance of(Safetensors file, Engine engine, Precision precision) {
    Golden golden = new Golden(file);
    MaeGraph graph = golden.graph();
    if (golden.type() == DataType.FLOAT) {
      graph.use(engine, precision);
    }
    try {
      return of(golden, graph, precision);
    } finally {
      graph.closeEngine();
    }
  }

  private static Conformance of(Golden golden, MaeGraph graph, Precision precision) {
    Map<String, Double> differences = new LinkedHashMap<>();
    MultiDataSet batch = golden.batch();
    differences.put("latent", relative(graph.latent(batch), golden.get("latent")));
    differences.put("pred", relative(graph.predict(batch), golden.get("pred")));
    differences.put("gradients", gradients(graph, batch, golden));
    differences.put("loss", losses(graph, batch, golden));
    differences.put("parameters", golden.largest("after.", graph.parameters()));
    differences.put("parametersBeyond1e-6", golden.shareBeyond("after.", graph.parameters(), 1e-6));
    return new Conformance(
        differences, precision == Precision.FP32 ? limits(golden.type()) : ROUNDED_LIMITS);
  }

  private static Map<String, Double> limits(DataType type) {
    boolean exact = type == DataType.DOUBLE;
    return Map.of(
        "latent", exact ? 1e-10 : 1e-5,
        "pred", exact ? 1e-10 : 1e-5,
        "loss", exact ? 1e-10 : 2e-6,
        "gradients", exact ? 1e-10 : 2e-5,
        "parameters", exact ? 1e-9 : 1e-4,
        "parametersBeyond1e-6", 1e-3);
  }

  /** Returns the largest difference of a gradient, relative to the largest entry of its tensor. */
  private static double gradients(MaeGraph graph, MultiDataSet batch, Golden golden) {
    graph.lossAndGradients(batch);
    return golden.largestRelative("grad.", graph.gradients());
  }

  /**
   * Trains the file's steps; returns the largest relative difference of the losses before each step
   * and after the last.
   */
  private static double losses(MaeGraph graph, MultiDataSet batch, Golden golden) {
    double[] losses = golden.get("losses").toDoubleVector();
    double largest = 0;
    for (int step = 0; step < losses.length; step++) {
      double loss = graph.lossAndGradients(batch);
      largest = Math.max(largest, Math.abs(loss - losses[step]) / Math.abs(losses[step]));
      if (step < losses.length - 1) {
        graph.fit(batch);
      }
    }
    return largest;
  }

  static double relative(INDArray actual, INDArray expected) {
    return actual.sub(expected).amaxNumber().doubleValue() / expected.amaxNumber().doubleValue();
  }
}
