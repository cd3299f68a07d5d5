package io.sparkmae.job.averaging;

import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import io.sparkmae.model.MaeGraph;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/** One step of the optimiser from a minibatch that is computed in parts, to save activations. */
final class Step {

  private Step() {}

  /**
   * Takes the step; the loss must be a mean over examples, as {@link io.sparkmae.model.MaeGraph}'s.
   *
   * @param parts of nearly equal size, at most one an example
   * @return the minibatch's mean loss
   */
  static double fit(ComputationGraph graph, MultiDataSet minibatch, int parts) {
    if (parts == 1) {
      graph.fit(minibatch);
      return graph.score();
    }
    int size = (int) minibatch.getFeatures(0).size(0);
    int count = Math.min(parts, size);
    if (graph.getGradientsViewArray() == null) {
      graph.initGradientsView();
    }
    double maxNorm = takeClipping(graph);
    INDArray sum = graph.getGradientsViewArray().like();
    double loss = 0;
    for (int part = 0; part < count; part++) {
      int from = size * part / count;
      int to = size * (part + 1) / count;
      compute(graph, minibatch, from, to);
      double share = (double) (to - from) / size;
      sum.addi(graph.getGradientsViewArray().mul(share));
      loss += share * graph.score();
    }
    graph.getGradientsViewArray().assign(sum);
    clip(graph, maxNorm);
    update(graph, size);
    return loss;
  }

  // The whole gradient is clipped, not its parts.
  private static double takeClipping(ComputationGraph graph) {
    if (!(graph instanceof MaeGraph mae)) {
      return 0;
    }
    double maxNorm = mae.maxGradientNorm();
    mae.clipGradientNorm(0);
    return maxNorm;
  }

  private static void clip(ComputationGraph graph, double maxNorm) {
    if (graph instanceof MaeGraph mae) {
      mae.clipGradientNorm(maxNorm);
      mae.clipGradient();
    }
  }

  private static void compute(ComputationGraph graph, MultiDataSet minibatch, int from, int to) {
    graph.setInputs(rows(minibatch.getFeatures(), from, to));
    graph.setLabels(rows(minibatch.getLabels(), from, to));
    graph.setLayerMaskArrays(
        rows(minibatch.getFeaturesMaskArrays(), from, to),
        rows(minibatch.getLabelsMaskArrays(), from, to));
    graph.computeGradientAndScore();
    graph.clearLayerMaskArrays();
  }

  // What DL4J's solver does with a gradient.
  private static void update(ComputationGraph graph, int size) {
    var configuration = graph.getConfiguration();
    int iteration = configuration.getIterationCount();
    graph
        .getUpdater()
        .update(
            graph.gradient(),
            iteration,
            configuration.getEpochCount(),
            size,
            LayerWorkspaceMgr.noWorkspaces());
    graph.params().subi(graph.getGradientsViewArray().reshape(graph.params().shape()));
    configuration.setIterationCount(iteration + 1);
  }

  private static INDArray[] rows(INDArray[] arrays, int from, int to) {
    if (arrays == null) {
      return null;
    }
    INDArray[] rows = new INDArray[arrays.length];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = arrays[i] == null ? null : arrays[i].get(interval(from, to)).dup();
    }
    return rows;
  }
}
