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
   * @param parts of nearly equal size, at most one an image
   * @param patches [N, L, P]
   * @param idsShuffle [N, L]
   * @param gradient computes that of the arrays which the graph has by then
   */
  double compute(int parts, INDArray patches, INDArray idsShuffle, Runnable gradient) {
    long size = patches.size(0);
    long count = Math.min(parts, size);
    double loss = 0;
    for (long part = 0; part < count; part++) {
      long from = size * part / count;
      long to = size * (part + 1) / count;
      graph.place(rows(patches, from, to), rows(idsShuffle, from, to));
      gradient.run();
      double share = (double) (to - from) / size;
      add(share, part == 0, part + 1 == count);
      loss += share * graph.score();
    }
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

  private static INDArray rows(INDArray array, long from, long to) {
    return array.get(interval(from, to)).dup();
  }
}
