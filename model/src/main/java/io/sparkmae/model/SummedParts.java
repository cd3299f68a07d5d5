package io.sparkmae.model;

import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The gradient of a minibatch that the graph itself computes part by part. */
final class SummedParts {

  private final MaeGraph graph;
  private INDArray sum; // null before the first minibatch in parts

  SummedParts(MaeGraph graph) {
    this.graph = graph;
  }

  /**
   * Computes the gradient of the graph's inputs and patches into its flat gradient; returns their
   * loss.
   *
   * @param parts number of parts of nearly equal size; at most one per image is used
   * @param patches the graph's labels
   * @param gradient computes the gradient of the graph's current inputs and labels
   */
  double compute(int parts, INDArray patches, Runnable gradient) {
    INDArray[] features = graph.getInputs();
    INDArray[] masks = graph.getLabelMaskArrays();
    long size = features[0].size(0);
    long count = Math.min(parts, size);
    double loss = 0;
    for (long part = 0; part < count; part++) {
      long from = size * part / count;
      long to = size * (part + 1) / count;
      graph.setInputs(graph.numbers(rows(features, from, to)));
      graph.setLabels(graph.numbers(rows(new INDArray[] {patches}, from, to)));
      graph.setLayerMaskArrays(null, rows(masks, from, to));
      gradient.run();
      double share = (double) (to - from) / size;
      add(share, part == 0, part + 1 == count);
      loss += share * graph.score();
    }
    graph.setInputs(features);
    graph.setLabels(patches);
    return loss;
  }

  /**
   * Adds a part's gradient to the sum, in place: a temporary vector of the model's size would stay
   * in memory until Java's garbage collector runs.
   */
  private void add(double share, boolean first, boolean last) {
    INDArray gradients = graph.getGradientsViewArray();
    if (sum == null) {
      sum = Nd4j.createUninitializedDetached(gradients.dataType(), gradients.shape());
    }
    gradients.muli(share);
    if (first) {
      sum.assign(gradients);
    } else if (last) {
      gradients.addi(sum);
    } else {
      sum.addi(gradients);
    }
  }

  private static INDArray[] rows(INDArray[] arrays, long from, long to) {
    INDArray[] rows = new INDArray[arrays.length];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = arrays[i].get(interval(from, to)).dup();
    }
    return rows;
  }
}
