package io.sparkmae.model.classify;

import java.util.Arrays;

/**
 * Batch normalisation without trained scale and shift, as PyTorch's {@code BatchNorm1d(dim,
 * affine=False, eps=1e-6)}: a batch is normalised by its own mean and biased variance; the running
 * ones, which test images are normalised by, move a tenth of the way to the batch's mean and
 * unbiased variance.
 */
final class BatchNorm {

  private static final double EPS = 1e-6;
  private static final double MOMENTUM = 0.1;

  final double[] mean; // running
  final double[] variance; // running

  BatchNorm(int dim) {
    mean = new double[dim];
    variance = new double[dim];
    Arrays.fill(variance, 1);
  }

  /**
   * Returns a batch normalised by its own statistics, [batch · dim], and moves the running ones.
   *
   * @param features [batch][dim], at least two rows
   */
  float[] train(float[][] features) {
    int rows = features.length;
    int dim = mean.length;
    double[] sums = sums(features);
    double[] squares = squares(features, sums);
    float[] normalised = new float[Math.multiplyExact(rows, dim)];
    for (int i = 0; i < normalised.length; i++) {
      int d = i % dim;
      double deviation = Math.sqrt(squares[d] / rows + EPS);
      normalised[i] = (float) ((features[i / dim][d] - sums[d] / rows) / deviation);
    }
    follow(sums, squares, rows);
    return normalised;
  }

  private void follow(double[] sums, double[] squares, int rows) {
    for (int d = 0; d < mean.length; d++) {
      mean[d] += MOMENTUM * (sums[d] / rows - mean[d]);
      variance[d] += MOMENTUM * (squares[d] / (rows - 1) - variance[d]);
    }
  }

  private double[] sums(float[][] features) {
    double[] sums = new double[mean.length];
    for (float[] row : features) {
      for (int d = 0; d < sums.length; d++) {
        sums[d] += row[d];
      }
    }
    return sums;
  }

  /** Returns the sum of each column's squared differences from its mean. */
  private double[] squares(float[][] features, double[] sums) {
    double[] squares = new double[sums.length];
    for (float[] row : features) {
      for (int d = 0; d < squares.length; d++) {
        double difference = row[d] - sums[d] / features.length;
        squares[d] += difference * difference;
      }
    }
    return squares;
  }

  /** Returns what a centred feature is multiplied by at test time. */
  double scale(int d) {
    return 1 / Math.sqrt(variance[d] + EPS);
  }
}
