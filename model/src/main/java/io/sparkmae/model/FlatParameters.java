package io.sparkmae.model;

import static org.nd4j.linalg.indexing.NDArrayIndex.interval;
import static org.nd4j.linalg.indexing.NDArrayIndex.point;

import io.sparkmae.model.engine.StepEngine;
import io.sparkmae.model.file.Safetensors;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.commons.codec.binary.Hex;
import org.apache.commons.codec.digest.DigestUtils;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A graph's parameters and gradients as views into its flat vectors. */
final class FlatParameters {

  private FlatParameters() {}

  /**
   * Returns the parameters by their names in the reference, in the graph's order. They are views.
   */
  static Map<String, INDArray> of(ComputationGraph graph) {
    Map<String, INDArray> views = new LinkedHashMap<>();
    for (var vertex : graph.getVertices()) {
      views.putAll(MaeVertex.byReferenceName(vertex.paramTable(false)));
    }
    return views;
  }

  /** Returns the offset and shape of each parameter in the flat vector. */
  static Map<String, StepEngine.Slot> slots(ComputationGraph graph) {
    long start = graph.params().offset();
    Map<String, StepEngine.Slot> slots = new LinkedHashMap<>();
    of(graph)
        .forEach(
            (name, view) ->
                slots.put(name, new StepEngine.Slot(view.offset() - start, view.shape())));
    return slots;
  }

  /** Returns views into the flat gradient, in the form that DL4J's updaters expect. */
  static Gradient gradient(ComputationGraph graph, INDArray flat) {
    long start = graph.params().offset();
    Gradient views = new DefaultGradient(flat);
    for (var vertex : graph.getVertices()) {
      vertex
          .paramTable(true)
          .forEach(
              (key, view) -> {
                long from = view.offset() - start;
                views.setGradientFor(
                    vertex.getVertexName() + "_" + key,
                    flat.get(point(0), interval(from, from + view.length()))
                        .reshape('c', view.shape()));
              });
    }
    return views;
  }

  /** Returns the parts of {@code gradient} by their parameters' names in the reference. */
  static Map<String, INDArray> byReferenceName(Gradient gradient) {
    Map<String, INDArray> gradients = new LinkedHashMap<>();
    gradient
        .gradientForVariable()
        .forEach((key, part) -> gradients.put(key.substring(key.lastIndexOf('_') + 1), part));
    return MaeVertex.byReferenceName(gradients);
  }

  /** Returns the SHA-256 of the numbers' little-endian bytes, in hexadecimal. */
  static String sha256(INDArray params) {
    MessageDigest digest = DigestUtils.getSha256Digest();
    try {
      Safetensors.write(params, new DigestOutputStream(OutputStream.nullOutputStream(), digest));
    } catch (IOException e) {
      throw new UncheckedIOException(e); // nothing is written anywhere
    }
    return Hex.encodeHexString(digest.digest());
  }
}
