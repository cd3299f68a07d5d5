package io.sparkmae.model;

import io.sparkmae.model.config.MaeConfig;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.NoOp;

/** The graph's vertices and their connections (He et al. 2021, section 3). */
final class MaeArchitecture {

  static final String LATENT = "norm";
  private static final String DECODED = "decoder_norm";

  private MaeArchitecture() {}

  /**
   * Returns the training graph: the encoder sees the kept patches, the decoder all, and the loss is
   * on removed ones.
   */
  static ComputationGraphConfiguration autoencoder(
      MaeConfig config, IUpdater updater, double weightDecay, DataType type) {
    GraphBuilder graph =
        builder(updater, weightDecay, type).addInputs("patches", "idsKeep", "idsRestore");
    addEncoder(graph, config);
    graph.addVertex(DecoderEmbedding.NAME, new DecoderEmbedding(config), LATENT, "idsRestore");
    String decoded = addBlocks(graph, "decoder_blocks.", config, DecoderEmbedding.NAME);
    graph.addVertex(DECODED, new Norm(DECODED, config), decoded);
    graph.addVertex(Prediction.NAME, new Prediction(config), DECODED);
    graph.addLayer(
        ReconstructionLoss.NAME, new ReconstructionLoss(config.normPixLoss()), Prediction.NAME);
    return graph.setOutputs(ReconstructionLoss.NAME).build();
  }

  /** Returns the graph of the encoder alone; its output is the latent of its input patches. */
  static ComputationGraphConfiguration encoder(MaeConfig config) {
    GraphBuilder graph = builder(new NoOp(), 0, DataType.FLOAT).addInputs("patches", "idsKeep");
    addEncoder(graph, config);
    return graph.setOutputs(LATENT).build();
  }

  /** Returns the configuration that an {@link #autoencoder} was made from. */
  static MaeConfig configOf(ComputationGraphConfiguration autoencoder) {
    return ((DecoderEmbedding) autoencoder.getVertices().get(DecoderEmbedding.NAME)).config();
  }

  static GraphBuilder builder(IUpdater updater, double weightDecay, DataType type) {
    return new NeuralNetConfiguration.Builder()
        .dataType(type)
        .updater(updater)
        .weightDecay(weightDecay, true)
        .miniBatch(false) // the loss is already a mean: DL4J must not divide the gradient
        .graphBuilder();
  }

  private static void addEncoder(GraphBuilder graph, MaeConfig config) {
    graph.addVertex(PatchEmbedding.NAME, new PatchEmbedding(config), "patches", "idsKeep");
    String encoded = addBlocks(graph, "blocks.", config, PatchEmbedding.NAME);
    graph.addVertex(LATENT, new Norm(LATENT, config), encoded);
  }

  private static String addBlocks(
      GraphBuilder graph, String prefix, MaeConfig config, String input) {
    for (int block = 0; block < config.towerOf(prefix).depth(); block++) {
      String name = prefix + block;
      graph.addVertex(name, new TransformerBlock(name, config), input);
      input = name;
    }
    return input;
  }
}
