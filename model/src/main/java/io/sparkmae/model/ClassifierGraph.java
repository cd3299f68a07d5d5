package io.sparkmae.model;

import io.sparkmae.model.config.ClassifierConfig;
import io.sparkmae.model.config.Engine;
import io.sparkmae.model.config.Pooling;
import io.sparkmae.model.config.Precision;
import io.sparkmae.model.engine.ClassifierEngine;
import io.sparkmae.model.optimiser.AdamW;
import io.sparkmae.model.optimiser.ScaledSchedule;
import java.util.LinkedHashMap;
import java.util.Map;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.NoOp;

/**
 * A classifier as a DL4J graph, whose steps {@link ClassifierEngine} computes (He et al. 2021, A.1,
 * "End-to-end fine-tuning").
 *
 * <p>It is fed with two features, the patches [N, L, P] and the scales of their branches [N, 2 ·
 * depth], and one label, the targets [N, classes]; {@link
 * io.sparkmae.model.classify.ClassifierBatch} makes them. It draws nothing at random.
 */
public final class ClassifierGraph extends EngineGraph {

  private static final long serialVersionUID = 1;

  private transient INDArray patches; // of the minibatch
  private transient INDArray scales;
  private transient INDArray targets;

  ClassifierGraph(ComputationGraphConfiguration configuration) {
    super(configuration);
  }

  /**
   * Returns a graph whose parameters are arbitrary.
   *
   * @param adamW of the norm, the attention pooling and the head
   * @param layerDecay the embedding's rate is that times layerDecay^(depth + 1), block i's times
   *     layerDecay^(depth − i), counted from 0 (Clark et al. 2020)
   * @param weightDecay decoupled decay of matrices
   */
  public static ClassifierGraph blank(
      ClassifierConfig config, AdamW adamW, double layerDecay, double weightDecay) {
    GraphBuilder graph =
        MaeArchitecture.builder(new NoOp(), weightDecay, DataType.FLOAT)
            .addInputs("patches", "scales");
    int depth = config.encoder().encoder().depth();
    IUpdater embedding = updater(config.trainsEmbedding(), adamW, Math.pow(layerDecay, depth + 1));
    add(graph, config, ClassifierPart.EMBEDDING, embedding, "patches", "scales");
    String input = ClassifierPart.EMBEDDING;
    for (int block = 0; block < depth; block++) {
      boolean trains = block >= config.frozenBlocks();
      IUpdater updater = updater(trains, adamW, Math.pow(layerDecay, depth - block));
      add(graph, config, "blocks." + block, updater, input);
      input = "blocks." + block;
    }
    addTop(graph, config, adamW, input);
    var built = new ClassifierGraph(graph.setOutputs(ReferenceNames.HEAD).build());
    built.init();
    return built;
  }

  /** Adds what comes after the blocks, each at the full rate. */
  private static void addTop(
      GraphBuilder graph, ClassifierConfig config, AdamW adamW, String lastBlock) {
    String feature = config.norm();
    add(graph, config, feature, updater(config.trainsNorm(), adamW, 1), lastBlock);
    if (config.pooling() == Pooling.ATTENTION) {
      add(graph, config, ReferenceNames.ATTENTION_POOL, updater(true, adamW, 1), feature);
      feature = ReferenceNames.ATTENTION_POOL;
    }
    add(graph, config, ReferenceNames.HEAD, updater(true, adamW, 1), feature);
  }

  private static void add(
      GraphBuilder graph,
      ClassifierConfig config,
      String name,
      IUpdater updater,
      String... inputs) {
    ClassifierPart part = new ClassifierPart(config, name);
    part.setUpdater(updater);
    part.setBiasUpdater(updater);
    graph.addVertex(name, part, inputs);
  }

  private static IUpdater updater(boolean trains, AdamW adamW, double factor) {
    return trains ? scaled(adamW, factor) : new NoOp();
  }

  private static AdamW scaled(AdamW adamW, double factor) {
    return new AdamW(
        new ScaledSchedule(adamW.schedule(), factor),
        adamW.beta1(),
        adamW.beta2(),
        adamW.epsilon());
  }

  /** Returns whether a configuration is of a classifier. */
  static boolean isOf(ComputationGraphConfiguration configuration) {
    return configuration.getVertices().get(ReferenceNames.HEAD) instanceof ClassifierPart;
  }

  /** Returns the sizes that the graph was made from. */
  public ClassifierConfig config() {
    var head = (ClassifierPart) getConfiguration().getVertices().get(ReferenceNames.HEAD);
    return head.classifier();
  }

  /**
   * Overwrites the parameters by a start, such as {@link
   * io.sparkmae.model.classify.ClassifierStart} makes.
   */
  public void load(Map<String, INDArray> weights) {
    MaeWeights.load(this, weights);
  }

  /** Returns copies of all parameters, by timm's names and in its order. */
  public Map<String, INDArray> weights() {
    Map<String, INDArray> parameters = parameters();
    Map<String, INDArray> weights = new LinkedHashMap<>();
    for (String name : ReferenceNames.classifier(config()).keySet()) {
      weights.put(name, parameters.get(name).dup('c'));
    }
    return weights;
  }

  /**
   * Checks that a classifier can be computed by an engine.
   *
   * @return the engine that computes it
   * @throws IllegalArgumentException if it cannot
   */
  public static Engine requireEngine(Engine engine) {
    if (engine != Engine.AUTO && engine != Engine.ONEDNN) {
      throw new IllegalArgumentException(
          "Invalid engine: %s (a classifier is computed on processors; choose onednn)"
              .formatted(engine));
    }
    return Engine.ONEDNN;
  }

  @Override
  public void setInputs(INDArray... inputs) {
    super.setInputs(inputs);
    patches = inputs == null ? null : inputs[0];
    scales = inputs == null ? null : inputs[1];
  }

  @Override
  public void setLabels(INDArray... labels) {
    super.setLabels(labels);
    targets = labels == null ? null : labels[0];
  }

  @Override
  ClassifierEngine engine(Engine resolved, Precision precision, int gpu) {
    requireEngine(resolved);
    return new ClassifierEngine(config(), precision, flattenedParams, flattenedGradients, slots());
  }

  @Override
  double engineStep(int ofParts) {
    return ((ClassifierEngine) engine()).step(patches, targets, scales, ofParts);
  }

  @Override
  void graphStep(int ofParts) {
    requireEngine(Engine.GRAPH);
  }
}
