package io.sparkmae.model;

import io.sparkmae.model.config.Engine;
import io.sparkmae.model.config.Precision;
import io.sparkmae.model.engine.Engines;
import io.sparkmae.model.engine.StepEngine;
import io.sparkmae.model.optimiser.AdamW;
import io.sparkmae.model.optimiser.GradientClip;
import java.util.Map;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.updater.graph.ComputationGraphUpdater;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.deeplearning4j.optimize.Solver;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * A DL4J graph whose steps a {@link StepEngine} computes. Parameters, moments, counters and
 * listeners stay the graph's.
 */
public abstract sealed class EngineGraph extends ComputationGraph
    permits PatchGraph, ClassifierGraph {

  private static final long serialVersionUID = 1;

  private transient StepEngine engine; // null: the graph itself computes
  private transient Solver plainSolver; // DL4J's own, while the engine's is in its place
  private transient GradientClip clip = GradientClip.NONE;
  private transient int parts = 1; // of the minibatch that is being fitted
  private transient double gradientNorm; // of the last step

  EngineGraph(ComputationGraphConfiguration configuration) {
    super(configuration);
  }

  /**
   * Makes a graph that takes over {@code params} and {@code updaterState} as its own; neither is
   * copied.
   *
   * @param configuration of another {@code EngineGraph}, its counters included
   * @param updaterState may be null for an updater without state
   */
  public static EngineGraph of(
      ComputationGraphConfiguration configuration, INDArray params, INDArray updaterState) {
    EngineGraph graph =
        ClassifierGraph.isOf(configuration)
            ? new ClassifierGraph(configuration)
            : new MaeGraph(configuration);
    return graph.taking(params, updaterState);
  }

  final EngineGraph taking(INDArray params, INDArray updaterState) {
    init(params, false);
    if (updaterState != null) {
      setUpdater(new ComputationGraphUpdater(this, updaterState));
    }
    return this;
  }

  /** Makes the engine over the graph's flat vectors. */
  abstract StepEngine engine(Engine resolved, Precision precision, int gpu);

  /** Computes loss and gradients by the engine; returns the loss. */
  abstract double engineStep(int ofParts);

  /** Computes loss and gradients by the graph itself. */
  abstract void graphStep(int ofParts);

  /** Returns name in the reference → where it is in the flat parameter vector. */
  public final Map<String, StepEngine.Slot> slots() {
    return FlatParameters.slots(this);
  }

  /**
   * Lets {@code engine} compute the steps of {@code fit} and the gradients; with {@link AdamW} it
   * also updates.
   *
   * @throws IllegalArgumentException if this machine cannot run it, with the reason
   */
  public final void use(Engine engine, Precision precision) {
    use(engine, precision, 0);
  }

  /** Lets an engine compute; CUDA's on the {@code gpu}th GPU that the process sees. */
  public final void use(Engine choice, Precision precision, int gpu) {
    closeEngine();
    Engine resolved = Engines.resolve(choice, precision, true);
    if (resolved == Engine.GRAPH) {
      return;
    }
    if (flattenedGradients == null) {
      initGradientsView();
    }
    engine = engine(resolved, precision, gpu);
    gradient = FlatParameters.gradient(this, flattenedGradients);
    if (hasAdamW()) {
      getUpdater(); // makes the solver that holds it
      plainSolver = solver;
      solver = new FusedStep(this, plainSolver, engine);
    }
  }

  private boolean hasAdamW() {
    for (var vertex : getVertices()) {
      for (String name : vertex.paramTable(true).keySet()) {
        if (vertex.getConfig().getUpdaterByParam(name) instanceof AdamW) {
          return true;
        }
      }
    }
    return false;
  }

  /** Returns the engine in use; null where the graph itself computes. */
  public StepEngine engine() {
    return engine;
  }

  /**
   * Names the minibatch after the one that {@code fit} gets next: an engine on a GPU fetches it
   * while it computes that one. Another may come all the same.
   */
  public void expect(MultiDataSet minibatch) {}

  /** Frees what the engine holds; from now on the graph itself computes. */
  public final void closeEngine() {
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
  public final void clipGradientNorm(double norm) {
    clip = new GradientClip(norm);
  }

  final GradientClip clip() {
    return clip;
  }

  /**
   * Returns the Euclidean norm of the last step's gradient over all parameters, before clipping.
   */
  public final double gradientNorm() {
    return gradientNorm;
  }

  final void gradientNorm(double norm) {
    gradientNorm = norm;
  }

  /**
   * Makes one step from a minibatch that is computed in {@code parts}, to save activations: the
   * gradient of the whole is clipped and applied once. Parts differ by one image at most; their
   * gradients take a flat vector more, from the first such step on.
   *
   * @param parts at least 1; no more than images are made
   * @return the mean loss of the minibatch
   */
  public final double fit(MultiDataSet minibatch, int parts) {
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
      score = engineStep(parts);
      engine.downloadGradients();
    } else {
      graphStep(parts);
    }
    if (!(solver instanceof FusedStep)) { // which measures and clips in its one pass
      gradientNorm = clip.apply(flattenedGradients);
    }
  }

  /** Computes as DL4J does, from the graph's own inputs. */
  final void computeOwnGradientAndScore() {
    super.computeGradientAndScore();
  }

  @Override
  public void computeGradientAndScore(LayerWorkspaceMgr workspaces) {
    if (engine != null && solver instanceof FusedStep) {
      score = engineStep(parts); // the gradients stay on the device
    } else {
      computeGradientAndScore();
    }
  }

  /**
   * Length of the flat parameter vector. DL4J counts layers alone, finds none here, and would skip
   * every fit in silence.
   */
  @Override
  public long numParams() {
    return flattenedParams.length();
  }

  @Override
  public long numParams(boolean backwards) {
    return numParams();
  }

  /** Returns the parameters, up to date with what the engine computed. */
  @Override
  public INDArray params() {
    download();
    return super.params();
  }

  /**
   * Brings parameters and moments in host memory up to date with what the engine computed; it goes
   * on from what is in them then.
   */
  public final void download() {
    if (engine != null) {
      engine.download();
    }
  }

  /**
   * Returns the SHA-256 of the parameters, little-endian in the graph's order: equal for equal
   * bits.
   */
  public final String paramsSha256() {
    return FlatParameters.sha256(params());
  }

  /** Returns name in the reference → view into the flat parameter vector, in the graph's order. */
  final Map<String, INDArray> parameters() {
    download();
    return FlatParameters.of(this);
  }

  /**
   * Returns name in the reference → gradient of the last {@code computeGradientAndScore}, a view.
   */
  final Map<String, INDArray> gradients() {
    return FlatParameters.byReferenceName(gradient());
  }

  /** The loss on {@code batch}; its gradients are in {@link #gradients}. */
  final double lossAndGradients(MultiDataSet batch) {
    setInputs(batch.getFeatures());
    setLabels(batch.getLabels());
    computeGradientAndScore();
    return score();
  }
}
