package io.sparkmae.model.classify;

import java.io.Serializable;

/**
 * A trained linear layer on features. Not a record, since Spark's Kryo cannot serialise records.
 */
public final class LinearClassifier implements Serializable {

  private static final long serialVersionUID = 1;

  private final float[][] weight; // [classes][dim]
  private final double[] bias;

  LinearClassifier(float[][] weight, double[] bias) {
    this.weight = weight;
    this.bias = bias;
  }

  /** Returns the logit of each class. */
  public double[] logits(float[] feature) {
    double[] logits = bias.clone();
    for (int k = 0; k < logits.length; k++) {
      for (int d = 0; d < feature.length; d++) {
        logits[k] += (double) weight[k][d] * feature[d];
      }
    }
    return logits;
  }
}
