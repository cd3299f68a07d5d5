package io.sparkmae.model;

import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.commons.io.input.CloseShieldInputStream;
import org.apache.commons.io.output.CloseShieldOutputStream;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.updater.graph.ComputationGraphUpdater;
import org.deeplearning4j.util.ModelSerializer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.learning.config.IUpdater;

/**
 * The masked autoencoder as a DL4J graph (He et al. 2021, section 3).
 *
 * <p>Inputs: kept patches [N, K, P], idsKeep [N, K], idsRestore [N, L]; label: all patches [N, L,
 * P]; label mask: [N, L], 0 kept, 1 removed. {@link MaeBatch} makes them. The graph draws nothing
 * at random.
 */
public final class MaeGraph extends ComputationGraph {

  static final String LATENT = "norm";
  private static final long HASHED_AT_ONCE = 1 << 20; // an array of all parameters may pass 2 GiB
  private static final String DECODED = "decoder_norm";
  private static final long serialVersionUID = 1;

  /**
   * A graph of {@code configuration}, which {@link #create} or DL4J's JSON made; not yet
   * initialised.
   */
  public MaeGraph(ComputationGraphConfiguration configuration) {
    super(configuration);
  }

  /**
   * A graph with the reference's initialisation drawn from {@code seed}, in fp32.
   *
   * @param updater for example {@link AdamW}
   * @param weightDecay decoupled decay of parameters with two or more axes, 0.05 in the paper
   */
  public static MaeGraph create(MaeConfig config, IUpdater updater, double weightDecay, long seed) {
    MaeGraph graph = uninitialised(config, updater, weightDecay, DataType.FLOAT);
    Initialisation.fill(graph.parameters(), config, seed);
    return graph;
  }

  /**
   * A graph that takes over {@code params} and {@code updaterState} as its own; neither is copied.
   *
   * @param configuration of another {@code MaeGraph}, its counters included
   * @param updaterState may be null for an updater without state
   */
  public static MaeGraph of(
      ComputationGraphConfiguration configuration, INDArray params, INDArray updaterState) {
    MaeGraph graph = new MaeGraph(configuration);
    graph.init(params, false);
    if (updaterState != null) {
      graph.setUpdater(new ComputationGraphUpdater(graph, updaterState));
    }
    return graph;
  }

  /**
   * Writes configuration, counters, parameters and updater state as a DL4J zip; {@code out} stays
   * open.
   */
  public void save(OutputStream out) throws IOException {
    ModelSerializer.writeModel(this, CloseShieldOutputStream.wrap(out), true);
  }

  /** Reads what {@link #save} wrote; {@code in} stays open. */
  public static MaeGraph restore(InputStream in) throws IOException {
    ComputationGraph graph =
        ModelSerializer.restoreComputationGraph(CloseShieldInputStream.wrap(in), true);
    return of(graph.getConfiguration(), graph.params(), graph.getUpdater().getStateViewArray());
  }

  static MaeGraph uninitialised(
      MaeConfig config, IUpdater updater, double weightDecay, DataType type) {
    MaeGraph graph = new MaeGraph(configure(config, updater, weightDecay, type));
    graph.init();
    return graph;
  }

  private static ComputationGraphConfiguration configure(
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

  static GraphBuilder builder(IUpdater updater, double weightDecay, DataType type) {
    return new NeuralNetConfiguration.Builder()
        .dataType(type)
        .updater(updater)
        .weightDecay(weightDecay, true)
        .miniBatch(false) // the loss is a mean already: DL4J must not divide its gradient again
        .graphBuilder();
  }

  static void addEncoder(GraphBuilder graph, MaeConfig config) {
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

  /** What the graph was made from. */
  public MaeConfig maeConfig() {
    return ((DecoderEmbedding) getConfiguration().getVertices().get(DecoderEmbedding.NAME))
        .config();
  }

  /**
   * Length of the flat parameter vector. DL4J counts layers alone, finds none here, and would skip
   * every fit in silence.
   */
  @Override
  public long numParams() {
    return params().length();
  }

  @Override
  public long numParams(boolean backwards) {
    return numParams();
  }

  /** SHA-256 of the parameters, little-endian in the graph's order: equal for equal bits. */
  public String paramsSha256() {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      INDArray flat = params().reshape(params().length());
      for (long from = 0; from < flat.length(); from += HASHED_AT_ONCE) {
        digest.update(
            Safetensors.bytes(
                flat.get(interval(from, Math.min(from + HASHED_AT_ONCE, flat.length())))));
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256", e);
    }
  }

  /** Name in the reference → view into the flat parameter vector, in the graph's order. */
  Map<String, INDArray> parameters() {
    return views(this);
  }

  /** Name in the reference → gradient of the last {@code computeGradientAndScore}, a view. */
  Map<String, INDArray> gradients() {
    Map<String, INDArray> gradients = new LinkedHashMap<>();
    gradient()
        .gradientForVariable()
        .forEach(
            (key, gradient) -> gradients.put(key.substring(key.lastIndexOf('_') + 1), gradient));
    return MaeVertex.byReferenceName(gradients);
  }

  static Map<String, INDArray> views(ComputationGraph graph) {
    Map<String, INDArray> views = new LinkedHashMap<>();
    for (var vertex : graph.getVertices()) {
      views.putAll(MaeVertex.byReferenceName(vertex.paramTable(false)));
    }
    return views;
  }

  /** The latent of the kept patches, class token first, [N, K + 1, D]. */
  public INDArray latent(MultiDataSet batch) {
    return activations(batch).get(LATENT);
  }

  /**
   * The predicted patches [N, L, P]: normalised pixels, with {@code normPixLoss} also normalised
   * patch by patch.
   */
  public INDArray predict(MultiDataSet batch) {
    return activations(batch).get(Prediction.NAME);
  }

  Map<String, INDArray> activations(MultiDataSet batch) {
    return feedForward(batch.getFeatures(), false);
  }
}
