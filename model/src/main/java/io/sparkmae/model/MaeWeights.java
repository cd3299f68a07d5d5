package io.sparkmae.model;

import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Tower;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Reads and writes a graph's weights under the reference's names. */
public final class MaeWeights {

  private MaeWeights() {}

  /**
   * Returns copies of all tensors of the pre-training state dict, position tables included; 254 for
   * ViT-B.
   */
  public static Map<String, INDArray> all(MaeGraph graph) {
    Map<String, INDArray> weights = views(graph, ReferenceNames.all(graph.maeConfig()));
    weights.replaceAll((name, view) -> view.dup('c')); // ND4J slices views of views wrongly
    return weights;
  }

  /**
   * Returns the encoder's tensors, as timm loads them; 150 for ViT-B. They are the graph's own
   * arrays, not copies.
   */
  public static Map<String, INDArray> encoder(MaeGraph graph) {
    return views(graph, ReferenceNames.encoder(graph.maeConfig()));
  }

  private static Map<String, INDArray> views(MaeGraph graph, Map<String, long[]> shapes) {
    Map<String, INDArray> parameters = graph.parameters();
    Map<String, INDArray> weights = new LinkedHashMap<>();
    for (String name : shapes.keySet()) {
      weights.put(
          name,
          ReferenceNames.isFixed(name)
              ? positions(graph.maeConfig(), name, graph.params().dataType())
              : parameters.get(name));
    }
    return weights;
  }

  private static INDArray positions(MaeConfig config, String name, DataType type) {
    Tower tower = name.equals(ReferenceNames.POS_EMBED) ? config.encoder() : config.decoder();
    long[] shape = {1, config.tokens() + 1L, tower.embedDim()};
    return Nd4j.create(config.positions(tower), shape, 'c').castTo(type);
  }

  /**
   * Overwrites the graph's parameters by {@code weights}; fixed position tables in {@code weights}
   * are ignored.
   *
   * @throws IllegalArgumentException if a weight is missing or has another shape; the message names
   *     it
   */
  public static void load(ComputationGraph graph, Map<String, INDArray> weights) {
    FlatParameters.of(graph)
        .forEach(
            (name, view) -> view.assign(of(weights, name, view.shape()).castTo(view.dataType())));
  }

  /**
   * Overwrites those of the graph's parameters that {@code weights} has; the others stay.
   *
   * @throws IllegalArgumentException if one has another shape; the message names it
   */
  public static void loadPart(ComputationGraph graph, Map<String, INDArray> weights) {
    FlatParameters.of(graph)
        .forEach(
            (name, view) -> {
              if (weights.containsKey(name)) {
                view.assign(of(weights, name, view.shape()).castTo(view.dataType()));
              }
            });
  }

  /** Returns the tensor of the encoder's position table, [1, L + 1, D]. */
  public static Map.Entry<String, INDArray> encoderPositions(MaeConfig config) {
    return Map.entry(
        ReferenceNames.POS_EMBED, positions(config, ReferenceNames.POS_EMBED, DataType.FLOAT));
  }

  /**
   * Returns the weights that {@code shapes} names, in that order; others are left out.
   *
   * @throws IllegalArgumentException if a weight is missing or has another shape; the message names
   *     it
   */
  public static Map<String, INDArray> select(
      Map<String, INDArray> weights, Map<String, long[]> shapes) {
    Map<String, INDArray> selected = new LinkedHashMap<>();
    shapes.forEach((name, shape) -> selected.put(name, of(weights, name, shape)));
    return selected;
  }

  /**
   * Returns the weight {@code name}.
   *
   * @throws IllegalArgumentException if it is missing or has another shape; the message names it
   */
  public static INDArray of(Map<String, INDArray> weights, String name, long[] shape) {
    INDArray weight = weights.get(name);
    if (weight == null) {
      throw new IllegalArgumentException(
          "Cannot load weights: " + name + " is missing (the file is of another model)");
    }
    if (!Arrays.equals(weight.shape(), shape)) {
      throw new IllegalArgumentException(
          "Cannot load weights: %s has shape %s, the model needs %s (check the geometry)"
              .formatted(name, Arrays.toString(weight.shape()), Arrays.toString(shape)));
    }
    return weight;
  }
}
