package io.sparkmae.model;

import io.sparkmae.model.config.Engine;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Pixels;
import io.sparkmae.model.config.Precision;
import io.sparkmae.model.engine.Engines;
import io.sparkmae.model.engine.FlatWeights;
import io.sparkmae.model.engine.MaeEngine;
import java.util.Map;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.NoOp;

/** A trained encoder that sees every patch: features for probes and downstream tasks. */
public final class MaeEncoder implements AutoCloseable {

  private final MaeConfig config;
  private final ComputationGraph graph; // null where the engine computes
  private final MaeEngine engine; // null where the graph computes

  private MaeEncoder(MaeConfig config, ComputationGraph graph, MaeEngine engine) {
    this.config = config;
    this.graph = graph;
    this.engine = engine;
  }

  /**
   * Returns the encoder of {@code config} on the fastest engine that this machine can run; {@code
   * weights} are by the reference's names.
   *
   * @throws IllegalArgumentException if a weight is missing or of another shape
   */
  public static MaeEncoder of(MaeConfig config, Map<String, INDArray> weights) {
    return of(config, weights, Engine.AUTO);
  }

  /**
   * Returns the encoder of {@code config} on {@code engine}; {@code weights} are by the reference's
   * names.
   */
  static MaeEncoder of(MaeConfig config, Map<String, INDArray> weights, Engine engine) {
    Engine resolved = Engines.resolve(engine, Precision.FP32, false);
    return resolved == Engine.GRAPH
        ? onGraph(config, weights)
        : onEngine(resolved, config, weights);
  }

  private static MaeEncoder onGraph(MaeConfig config, Map<String, INDArray> weights) {
    ComputationGraph graph = new ComputationGraph(MaeArchitecture.encoder(config));
    graph.init();
    MaeWeights.load(graph, weights);
    return new MaeEncoder(config, graph, null);
  }

  private static MaeEncoder onEngine(
      Engine resolved, MaeConfig config, Map<String, INDArray> weights) {
    Map<String, long[]> shapes = ReferenceNames.encoder(config);
    shapes.keySet().removeIf(ReferenceNames::isFixed);
    FlatWeights flat = FlatWeights.of(MaeWeights.select(weights, shapes));
    MaeEngine engine =
        new MaeEngine(resolved, 0, config, Precision.FP32, flat.vector(), null, flat.slots());
    return new MaeEncoder(config, null, engine);
  }

  /** Returns an untrained encoder, the baseline of every probe. */
  public static MaeEncoder random(MaeConfig config, long seed) {
    return of(config, MaeWeights.encoder(MaeGraph.create(config, new NoOp(), 0, seed)));
  }

  /**
   * Returns the features of a batch.
   *
   * @param patches uint8 [batch, L, P], inside a patch row, column, channel
   * @return [batch, L + 1, D], class token first, after the final norm
   */
  public INDArray encode(byte[] patches, int batch) {
    return encode(Pixels.bytes(patches, batch, config));
  }

  /**
   * Returns the features of a batch.
   *
   * @param patches [batch, L, P] from {@link Pixels#of}
   * @return [batch, L + 1, D], class token first, after the final norm
   */
  public INDArray encode(INDArray patches) {
    if (engine != null) {
      return engine.encode(patches);
    }
    INDArray idsKeep =
        Nd4j.arange(config.tokens()).castTo(DataType.FLOAT).reshape(1, config.tokens());
    INDArray numbers = Pixels.asNumbers(patches, config.channels());
    return graph.outputSingle(numbers, idsKeep.repeat(0, patches.size(0)));
  }

  /** Frees the engine's memory. */
  @Override
  public void close() {
    if (engine != null) {
      engine.close();
    }
  }
}
