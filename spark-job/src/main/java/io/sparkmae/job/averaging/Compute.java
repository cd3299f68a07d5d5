package io.sparkmae.job.averaging;

import io.sparkmae.model.EngineGraph;
import io.sparkmae.model.config.Engine;
import io.sparkmae.model.config.Precision;
import io.sparkmae.model.engine.Engines;
import java.io.Serializable;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * The way a worker computes the steps of a {@link EngineGraph}; other graphs ignore it.
 *
 * @param maxGradientNorm longer gradients are scaled down to it; 0 for none
 */
public record Compute(Engine engine, Precision precision, double maxGradientNorm)
    implements Serializable {

  static final Compute BY_GRAPH = new Compute(Engine.GRAPH, Precision.FP32, 0);

  /**
   * Sets up a new graph of an executor.
   *
   * @param gpu ordinal for CUDA engines; {@link Gpu#NONE} means the first
   */
  void start(ComputationGraph graph, int gpu) {
    if (graph instanceof EngineGraph own) {
      own.use(engine, precision, Math.max(gpu, 0));
      own.clipGradientNorm(maxGradientNorm);
    }
  }

  /**
   * Returns, as text, what affects the bits of a step besides its inputs: instruction set and
   * number of threads.
   */
  String processor() {
    return engine == Engine.ONEDNN
        ? Engines.instructions() + ", threads of a step: " + Engines.threads()
        : "";
  }

  /** Announces the minibatch that follows the next one, so that the graph can transfer it early. */
  static void expect(ComputationGraph graph, MultiDataSet minibatch) {
    if (graph instanceof EngineGraph own) {
      own.expect(minibatch);
    }
  }

  /**
   * Takes a step of the optimiser; returns the minibatch's loss.
   *
   * @param parts number of parts in which the minibatch is computed; 1 for other graphs
   */
  static double fit(ComputationGraph graph, MultiDataSet minibatch, int parts) {
    if (graph instanceof EngineGraph own) {
      return own.fit(minibatch, parts);
    }
    graph.fit(minibatch);
    return graph.score();
  }

  /** Returns the norm of the last step's gradient; NaN if the graph does not say it. */
  static double gradientNorm(ComputationGraph graph) {
    return graph instanceof EngineGraph own ? own.gradientNorm() : Double.NaN;
  }

  /** Copies the graph's vectors from the device to host memory. */
  static void download(ComputationGraph graph) {
    if (graph instanceof EngineGraph own) {
      own.download();
    }
  }

  static void stop(ComputationGraph graph) {
    if (graph instanceof EngineGraph own) {
      own.closeEngine();
    }
  }
}
