package io.sparkmae.model;

import io.sparkmae.model.config.Engine;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Precision;
import io.sparkmae.model.engine.Engines;
import io.sparkmae.model.engine.MaeEngine;
import io.sparkmae.model.optimiser.AdamW;
import java.util.Map;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.updater.graph.ComputationGraphUpdater;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.deeplearning4j.optimize.Solver;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.learning.config.IUpdater;

/**
 * The masked autoencoder as a DL4J graph (He et al. 2021, section 3).
 *
 * <p>It is fed with one feature, idsShuffle [N, L], and one label, the patches [N, L, P], numbers
 * or bytes; {@link MaeBatch} makes them. An engine takes them as they are; where the graph itself
 * computes, it derives its own {@link GraphArrays}. It draws nothing at random.
 */
public final class MaeGraph extends PatchGraph {

  private static final long serialVersionUID = 1;

  private transient MaeEngine engine; // null: the graph itself computes
  private transient Solver plainSolver; // DL4J's own, while the engine's is in its place
  private transient GradientClip clip = GradientClip.NONE;
  private transient int parts = 1; // of the minibatch that is being fitted
  private final transient SummedParts summed = new SummedParts(this);

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

  /** Returns name in the reference → where it is in the flat parameter vector. */
  public Map<String, MaeEngine.Slot> slots() {
    return FlatParameters.slots(this);
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
   * Lets {@code engine} compute the steps of {@code fit} and the gradients; with {@link AdamW} it
   * also updates. Parameters, moments, counters and listeners stay the graph's.
   *
   * @throws IllegalArgumentException if this machine cannot run it, with the reason
   */
  public void use(Engine engine, Precision precision) {
    use(engine, precision, 0);
  }

  /** Lets an engine compute; CUDA's on the {@code gpu}th GPU that the process sees. */
  public void use(Engine engine, Precision precision, int gpu) {
    closeEngine();
    Engine resolved = Engines.resolve(engine, precision, true);
    if (resolved == Engine.GRAPH) {
      return;
    }
    if (flattenedGradients == null) {
      initGradientsView();
    }
    this.engine =
        new MaeEngine(
            resolved,
            gpu,
            maeConfig(),
            precision,
            flattenedParams,
            flattenedGradients,
            FlatParameters.slots(this));
    gradient = FlatParameters.gradient(this, flattenedGradients);
    if (MaeArchitecture.updaterOf(this) instanceof AdamW adamW) {
      getUpdater(); // makes the solver that holds it
      plainSolver = solver;
      solver = new FusedStep(this, plainSolver, this.engine, adamW);
    }
  }

  /** The engine in use; null where the graph itself computes. */
  public MaeEngine engine() {
    return engine;
  }

  /**
   * Names the minibatch after the one that {@code fit} gets next: an engine on a GPU fetches it
   * while it computes that one. Another may come all the same.
   */
  public void expect(MultiDataSet minibatch) {
    if (engine != null) {
      engine.expect(minibatch.getLabels(0), minibatch.getFeatures(0));
    }
  }

  /** Frees what the engine holds; from now on the graph itself computes. */
  public void closeEngine() {
    if (engine != null) {
      engine.download();
      engine.close();
    }
    engine = null;
    if (plainSolver != null) {
      solver = plainSolver;
    }
  }

  /**
   * Sets the largest Euclidean norm of a gradient over all parameters: a larger one is scaled down
   * to it; 0, the paper's way, leaves all as they are.
   */
  public void clipGradientNorm(double norm) {
    clip = new GradientClip(norm);
  }

  GradientClip clip() {
    return clip;
  }

  /**
   * One step from a minibatch that is computed in {@code parts}, to save activations: the gradient
   * of the whole is clipped and applied once. Parts differ by one image at most; their gradients
   * take a flat vector more, from the first such step on.
   *
   * @param parts at least 1; no more than images are made
   * @return the mean loss of the minibatch
   */
  public double fit(MultiDataSet minibatch, int parts) {
    if (parts < 1) {
      throw new IllegalArgumentException("Invalid parts: %d (must be at least 1)".formatted(parts));
    }
    this.parts = parts;
    try {
      fit(minibatch);
    } finally {
      this.parts = 1;
    }
    return score();
  }

  /** Computes by the engine or the graph; DL4J's method with workspaces calls it too. */
  @Override
  public void computeGradientAndScore() {
    if (engine != null) {
      score = engine.step(patches(), idsShuffle(), parts);
      engine.downloadGradients();
    } else if (parts > 1) {
      score = summed.compute(parts, patches(), idsShuffle(), super::computeGradientAndScore);
    } else {
      place(patches(), idsShuffle());
      super.computeGradientAndScore();
    }
    if (!(solver instanceof FusedStep)) { // which clips in its one pass
      clip.apply(flattenedGradients);
    }
  }

  @Override
  public void computeGradientAndScore(LayerWorkspaceMgr workspaces) {
    if (engine != null && solver instanceof FusedStep) {
      score = engine.step(patches(), idsShuffle(), parts); // the gradients stay on the device
    } else {
      computeGradientAndScore();
    }
  }

  static MaeGraph uninitialised(
      MaeConfig config, IUpdater updater, double weightDecay, DataType type) {
    MaeGraph graph = new MaeGraph(MaeArchitecture.autoencoder(config, updater, weightDecay, type));
    graph.init();
    return graph;
  }

  /**
   * Length of the flat parameter vector. DL4J counts layers alone, finds none here, and would skip
   * every fit in silence.
   */
  @Override
  public long numParams() {
    return flattenedParams.length();
  }

  /** The parameters, up to date with what the engine computed. */
  @Override
  public INDArray params() {
    download();
    return super.params();
  }

  /**
   * Brings parameters and moments in host memory up to date with what the engine computed; it goes
   * on from what is in them then.
   */
  public void download() {
    if (engine != null) {
      engine.download();
    }
  }

  @Override
  public long numParams(boolean backwards) {
    return numParams();
  }

  /** SHA-256 of the parameters, little-endian in the graph's order: equal for equal bits. */
  public String paramsSha256() {
    return FlatParameters.sha256(params());
  }

  /** Returns name in the reference → view into the flat parameter vector, in the graph's order. */
  Map<String, INDArray> parameters() {
    download();
    return FlatParameters.of(this);
  }

  /**
   * Returns name in the reference → gradient of the last {@code computeGradientAndScore}, a view.
   */
  Map<String, INDArray> gradients() {
    return FlatParameters.byReferenceName(gradient());
  }

  /** The latent of the kept patches, class token first, [N, K + 1, D]. */
  public INDArray latent(MultiDataSet batch) {
    return engine == null
        ? activations(batch).get(MaeArchitecture.LATENT)
        : engine.latent(batch.getLabels(0), batch.getFeatures(0));
  }

  /**
   * The predicted patches [N, L, P]: normalised pixels, with {@code normPixLoss} also normalised
   * patch by patch.
   */
  public INDArray predict(MultiDataSet batch) {
    return engine == null
        ? activations(batch).get(Prediction.NAME)
        : engine.predict(batch.getLabels(0), batch.getFeatures(0));
  }

  /** The loss on {@code batch}; its gradients are in {@link #gradients}. */
  double lossAndGradients(MultiDataSet batch) {
    setInputs(batch.getFeatures());
    setLabels(batch.getLabels());
    computeGradientAndScore();
    return score();
  }

  private Map<String, INDArray> activations(MultiDataSet batch) {
    return feedForward(arrays(batch).features(), false);
  }
}
