package io.sparkmae.model.engine.onednn;

import io.sparkmae.model.engine.device.Address;
import io.sparkmae.model.engine.device.Device;
import io.sparkmae.model.engine.device.Tensor;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;

/**
 * The cross-entropy of soft targets in host memory: see {@link Device#crossEntropy}.
 *
 * <p>It computes in fp64, by {@code StrictMath}: the same bits on every machine.
 */
final class HostCrossEntropy implements Runnable {

  private final FloatBuffer logits;
  private final FloatBuffer targets;
  private final FloatBuffer loss;
  private final FloatBuffer dLogits;
  private final IntBuffer counted;
  private final int images;
  private final int classes;

  HostCrossEntropy(Tensor logits, Tensor targets, Tensor counted, Tensor loss, Tensor dLogits) {
    this.logits = Address.buffer(logits);
    this.targets = Address.buffer(targets);
    this.loss = Address.buffer(loss);
    this.dLogits = Address.buffer(dLogits);
    this.counted = Address.integers(counted);
    images = (int) logits.shape()[0];
    classes = (int) logits.shape()[1];
  }

  @Override
  public void run() {
    int count = counted.get(0);
    double sum = 0;
    for (int image = 0; image < images; image++) {
      if (image < count) {
        sum += image(image * classes, count);
      } else {
        dLogits.put(image * classes, new float[classes]);
      }
    }
    loss.put(0, (float) (sum / count));
  }

  /** Returns the loss of the image whose first class is entry {@code at}; writes its gradient. */
  private double image(int at, int count) {
    double largest = Double.NEGATIVE_INFINITY;
    for (int k = 0; k < classes; k++) {
      largest = Math.max(largest, logits.get(at + k)); // a NaN stays one
    }
    double sum = 0;
    for (int k = 0; k < classes; k++) {
      sum += StrictMath.exp(logits.get(at + k) - largest);
    }
    double logSum = largest + StrictMath.log(sum);
    double entropy = 0;
    double weight = 0;
    for (int k = 0; k < classes; k++) {
      entropy += targets.get(at + k) * (logSum - logits.get(at + k));
      weight += targets.get(at + k);
    }
    for (int k = 0; k < classes; k++) {
      double share = StrictMath.exp(logits.get(at + k) - logSum);
      dLogits.put(at + k, (float) ((weight * share - targets.get(at + k)) / count));
    }
    return entropy;
  }
}
