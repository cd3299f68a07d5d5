package io.sparkmae.model;

import java.util.Map;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.NoOp;

/** A trained encoder that sees every patch: features for probes and downstream tasks. */
public final class MaeEncoder {

  private final MaeConfig config;
  private final ComputationGraph graph;

  private MaeEncoder(MaeConfig config, ComputationGraph graph) {
    this.config = config;
    this.graph = graph;
  }

  /**
   * The encoder of {@code config} with {@code weights} under the reference's names.
   *
   * @throws IllegalArgumentException if a weight is missing or of another shape
   */
  public static MaeEncoder of(MaeConfig config, Map<String, INDArray> weights) {
    GraphBuilder builder =
        MaeGraph.builder(new NoOp(), 0, DataType.FLOAT).addInputs("patches", "idsKeep");
    MaeGraph.addEncoder(builder, config);
    ComputationGraph graph = new ComputationGraph(builder.setOutputs(MaeGraph.LATENT).build());
    graph.init();
    MaeWeights.load(graph, weights);
    return new MaeEncoder(config, graph);
  }

  /** An untrained encoder: the baseline that every probe is measured against. */
  public static MaeEncoder random(MaeConfig config, long seed) {
    return of(config, MaeWeights.encoder(MaeGraph.create(config, new NoOp(), 0, seed)));
  }

  /**
   * Features of a batch.
   *
   * @param patches uint8 [batch, L, P], inside a patch row, column, channel
   * @return [batch, L + 1, D], class token first, after the final norm
   */
  public INDArray encode(byte[] patches, int batch) {
    INDArray normalised = Pixels.normalise(patches, batch, config);
    INDArray idsKeep =
        Nd4j.arange(config.tokens()).castTo(DataType.FLOAT).reshape(1, config.tokens());
    return graph.outputSingle(normalised, idsKeep.repeat(0, batch));
  }
}
