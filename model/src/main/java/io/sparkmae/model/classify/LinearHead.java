package io.sparkmae.model.classify;

import io.sparkmae.model.optimiser.Lars;
import java.util.SplittableRandom;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The head of the paper's linear probe in training: batch normalisation without trained scale, then
 * a linear layer, trained by LARS on the mean cross-entropy (He et al. 2021, A.1, table 10).
 */
public final class LinearHead {

  private static final double DEVIATION = 0.01;

  private final BatchNorm norm;
  private final float[] weight; // [classes, dim]
  private final float[] bias;
  private final Lars weightStep;
  private final Lars biasStep;

  /** Makes a head whose weights are drawn from {@code seed}, with a deviation of 0.01. */
  public LinearHead(int dim, int classes, long seed) {
    this(drawn(Math.multiplyExact(classes, dim), new SplittableRandom(seed)), classes);
  }

  LinearHead(float[] weight, int classes) {
    this.weight = weight;
    this.bias = new float[classes];
    this.norm = new BatchNorm(weight.length / classes);
    this.weightStep = new Lars(weight.length, true);
    this.biasStep = new Lars(classes, false);
  }

  private static float[] drawn(int length, SplittableRandom random) {
    float[] weight = new float[length];
    for (int i = 0; i < length; i++) {
      weight[i] = (float) (DEVIATION * random.nextGaussian());
    }
    return weight;
  }

  /**
   * Takes one step and returns the loss before it.
   *
   * @param features [batch][dim], at least two rows
   * @param labels [batch], below the number of classes
   */
  public double step(float[][] features, int[] labels, double rate) {
    int rows = features.length;
    int dim = weight.length / bias.length;
    INDArray normalised = Nd4j.create(norm.train(features), new long[] {rows, dim}, 'c');
    INDArray weights = Nd4j.create(weight, new long[] {bias.length, dim}, 'c');
    float[] gradient = floats(normalised.mmul(weights.transpose())); // logits, [batch, classes]
    double loss = 0;
    for (int n = 0; n < rows; n++) {
      loss += turnIntoGradient(gradient, n, labels[n], rows);
    }
    INDArray logits = Nd4j.create(gradient, new long[] {rows, bias.length}, 'c');
    weightStep.step(weight, floats(logits.transpose().mmul(normalised)), rate);
    biasStep.step(bias, columnSums(gradient, bias.length), rate);
    return loss / rows;
  }

  /** Turns a row of logits without bias into their gradient; returns the row's cross-entropy. */
  private double turnIntoGradient(float[] logits, int row, int label, int rows) {
    int from = row * bias.length;
    double largest = Double.NEGATIVE_INFINITY;
    for (int k = 0; k < bias.length; k++) {
      logits[from + k] += bias[k];
      largest = Math.max(largest, logits[from + k]);
    }
    double sum = 0;
    for (int k = 0; k < bias.length; k++) {
      sum += StrictMath.exp(logits[from + k] - largest);
    }
    double loss = StrictMath.log(sum) + largest - logits[from + label];
    for (int k = 0; k < bias.length; k++) {
      double probability = StrictMath.exp(logits[from + k] - largest) / sum;
      logits[from + k] = (float) ((probability - (k == label ? 1 : 0)) / rows);
    }
    return loss;
  }

  private static float[] columnSums(float[] values, int columns) {
    double[] sums = new double[columns];
    for (int i = 0; i < values.length; i++) {
      sums[i % columns] += values[i];
    }
    float[] narrow = new float[columns];
    for (int k = 0; k < columns; k++) {
      narrow[k] = (float) sums[k];
    }
    return narrow;
  }

  private static float[] floats(INDArray matrix) {
    return matrix.dup('c').data().asFloat();
  }

  /** Returns the head as one linear layer: the running statistics are folded into it. */
  public LinearClassifier trained() {
    int dim = weight.length / bias.length;
    float[][] folded = new float[bias.length][dim];
    double[] shift = new double[bias.length];
    for (int k = 0; k < bias.length; k++) {
      shift[k] = bias[k];
      for (int d = 0; d < dim; d++) {
        folded[k][d] = (float) (weight[k * dim + d] * norm.scale(d));
        shift[k] -= folded[k][d] * norm.mean[d];
      }
    }
    return new LinearClassifier(folded, shift);
  }

  float[] weight() {
    return weight.clone();
  }

  float[] bias() {
    return bias.clone();
  }

  BatchNorm norm() {
    return norm;
  }
}
