package io.sparkmae.job.averaging;

import io.sparkmae.model.MaeGraph;
import io.sparkmae.model.config.Engine;
import io.sparkmae.model.config.Precision;
import io.sparkmae.model.engine.Engines;
import java.io.Serializable;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * How a worker computes the steps of a {@link MaeGraph}; other graphs compute their own.
 *
 * @param maxGradientNorm longer gradients are scaled down to it; 0 for none
 */
public record Compute(Engine engine, Precision precision, double maxGradientNorm)
    implements Serializable {

  static final Compute BY_GRAPH = new Compute(Engine.GRAPH, Precision.FP32, 0);

  /**
   * Sets up a graph that is new in its executor.
   *
   * @param gpu for CUDA engines; {@link Gpu#NONE} is the first
   */
  void start(ComputationGraph graph, int gpu) {
    if (graph instanceof MaeGraph mae) {
      mae.use(engine, precision, Math.max(gpu, 0));
      mae.clipGradientNorm(maxGradientNorm);
    }
  }

  /** What the bits of a step depend on beside its numbers: instructions, and threads. */
  String processor() {
    return engine == Engine.ONEDNN
        ? Engines.instructions() + ", threads of a step: " + Engines.threads()
        : "";
  }

  /** Names the minibatch after the one that the graph gets next. */
  static void expect(ComputationGraph graph, MultiDataSet minibatch) {
    if (graph instanceof MaeGraph mae) {
      mae.expect(minibatch);
    }
  }

  /**
   * Takes a step of the optimiser; returns the minibatch's loss.
   *
   * @param parts that the minibatch is computed in; 1 for a graph that is no masked autoencoder
   */
  static double fit(ComputationGraph graph, MultiDataSet minibatch, int parts) {
    if (graph instanceof MaeGraph mae) {
      return mae.fit(minibatch, parts);
    }
    graph.fit(minibatch);
    return graph.score();
  }

  /** Brings the graph's vectors in host memory up to date. */
  static void download(ComputationGraph graph) {
    if (graph instanceof MaeGraph mae) {
      mae.download();
    }
  }

  static void stop(ComputationGraph graph) {
    if (graph instanceof MaeGraph mae) {
      mae.closeEngine();
    }
  }
}
