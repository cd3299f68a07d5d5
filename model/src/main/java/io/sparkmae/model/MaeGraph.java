package io.sparkmae.model;

import io.sparkmae.model.config.Engine;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Precision;
import io.sparkmae.model.engine.Engines;
import io.sparkmae.model.engine.MaeEngine;
import io.sparkmae.model.optimiser.AdamW;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.NoOp;

/**
 * The masked autoencoder as a DL4J graph (He et al. 2021, section 3).
 *
 * <p>It is fed with one feature, idsShuffle [N, L], and one label, the patches [N, L, P], numbers
 * or bytes; {@link MaeBatch} makes them. An engine takes them as they are; where the graph itself
 * computes, it derives its own {@link GraphArrays}. It draws nothing at random.
 */
public final class MaeGraph extends PatchGraph {

  private static final long serialVersionUID = 1;

  private final transient SummedParts summed = new SummedParts(this);

  /**
   * Makes a graph of {@code configuration}, which {@link #create} or DL4J's JSON made; not yet
   * initialised.
   */
  public MaeGraph(ComputationGraphConfiguration configuration) {
    super(configuration);
  }

  /**
   * Returns a graph with the reference's initialisation drawn from {@code seed}, in fp32.
   *
   * @param updater for example {@link AdamW}
   * @param weightDecay decoupled decay of parameters with two or more axes, 0.05 in the paper
   */
  public static MaeGraph create(MaeConfig config, IUpdater updater, double weightDecay, long seed) {
    MaeGraph graph = blank(config, updater, weightDecay);
    graph.initialise(seed);
    return graph;
  }

  /** Returns a graph whose parameters are arbitrary, for those who read them from somewhere. */
  public static MaeGraph blank(MaeConfig config, IUpdater updater, double weightDecay) {
    return uninitialised(config, updater, weightDecay, DataType.FLOAT);
  }

  /** Draws the parameters anew, as the reference initialises them. */
  public void initialise(long seed) {
    Initialisation.fill(parameters(), maeConfig(), seed);
  }

  /**
   * Returns a graph that takes over {@code params} and {@code updaterState} as its own; neither is
   * copied.
   *
   * @param configuration of another {@code MaeGraph}, its counters included
   * @param updaterState may be null for an updater without state
   */
  public static MaeGraph of(
      ComputationGraphConfiguration configuration, INDArray params, INDArray updaterState) {
    return (MaeGraph) new MaeGraph(configuration).taking(params, updaterState);
  }

  /**
   * Returns the engine to take for a {@code choice}: a decoder of cross-attention runs on
   * processors only, and mask tokens in the encoder on oneDNN only.
   *
   * @throws IllegalArgumentException if the choice is not one for {@code config}
   */
  public static Engine requireEngine(MaeConfig config, Engine choice) {
    if (choice == Engine.CUDA && config.crossDecoder()) {
      throw new IllegalArgumentException(
          "Invalid engine: cuda (a decoder of cross-attention has never run on a GPU; choose onednn)");
    }
    if (config.encoderMaskTokens() && (choice == Engine.CUDA || choice == Engine.GRAPH)) {
      throw new IllegalArgumentException(
          "Invalid engine: %s (mask tokens in the encoder are for onednn alone; choose it)"
              .formatted(choice.name().toLowerCase(Locale.ROOT)));
    }
    boolean onProcessors = config.crossDecoder() || config.encoderMaskTokens();
    return choice == Engine.AUTO && onProcessors ? Engines.processors() : choice;
  }

  /**
   * Returns a graph that shares this one's parameters and does the task of {@code config}, which
   * has the same geometry.
   */
  public MaeGraph withTaskOf(MaeConfig config) {
    return of(
        MaeArchitecture.autoencoder(config, new NoOp(), 0, params().dataType()), params(), null);
  }

  @Override
  MaeEngine engine(Engine resolved, Precision precision, int gpu) {
    requireEngine(maeConfig(), resolved);
    return new MaeEngine(
        resolved, gpu, maeConfig(), precision, flattenedParams, flattenedGradients, slots());
  }

  @Override
  public MaeEngine engine() {
    return (MaeEngine) super.engine();
  }

  @Override
  public void expect(MultiDataSet minibatch) {
    if (engine() != null) {
      engine().expect(minibatch.getLabels(0), minibatch.getFeatures(0));
    }
  }

  @Override
  double engineStep(int ofParts) {
    return engine().step(patches(), idsShuffle(), ofParts);
  }

  @Override
  void graphStep(int ofParts) {
    requireEngine(maeConfig(), Engine.GRAPH);
    if (ofParts > 1) {
      score = summed.compute(ofParts, patches(), idsShuffle(), this::computeOwnGradientAndScore);
    } else {
      place(patches(), idsShuffle());
      computeOwnGradientAndScore();
    }
  }

  static MaeGraph uninitialised(
      MaeConfig config, IUpdater updater, double weightDecay, DataType type) {
    MaeGraph graph = new MaeGraph(MaeArchitecture.autoencoder(config, updater, weightDecay, type));
    graph.init();
    return graph;
  }

  /** Returns the latent of the encoded patches in the shuffled order, class token first. */
  public INDArray latent(MultiDataSet batch) {
    return computesItself()
        ? activations(batch).get(MaeArchitecture.LATENT)
        : byEngine(engine -> engine.latent(batch.getLabels(0), batch.getFeatures(0)));
  }

  /**
   * Returns the predicted patches [N, L, P]: normalised pixels, with {@code normPixLoss} also
   * normalised patch by patch.
   */
  public INDArray predict(MultiDataSet batch) {
    return computesItself()
        ? activations(batch).get(Prediction.NAME)
        : byEngine(engine -> engine.predict(batch.getLabels(0), batch.getFeatures(0)));
  }

  /** Returns whether no engine is in use and the graph knows the model. */
  private boolean computesItself() {
    return engine() == null && !maeConfig().encoderMaskTokens();
  }

  /** Asks the engine in use, or one for this question where the graph does not know the model. */
  private INDArray byEngine(Function<MaeEngine, INDArray> question) {
    if (engine() != null) {
      return question.apply(engine());
    }
    try (MaeEngine own = engine(Engine.ONEDNN, Precision.FP32, 0)) {
      return question.apply(own);
    }
  }

  private Map<String, INDArray> activations(MultiDataSet batch) {
    return feedForward(arrays(batch).features(), false);
  }
}
