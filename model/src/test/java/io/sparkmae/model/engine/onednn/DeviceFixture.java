package io.sparkmae.model.engine.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.sparkmae.model.engine.device.Tensor;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** A device for the tests of its operations, arrays for it, and the check of a gradient. */
abstract class DeviceFixture {

  OneDnnDevice device = new OneDnnDevice(1);
  private final Random random = new Random(7);

  @AfterEach
  void close() {
    device.close();
  }

  /** Takes a device of so many threads in place of one. */
  final void use(int threads) {
    device.close();
    device = new OneDnnDevice(threads);
  }

  final INDArray host(long... shape) {
    INDArray array = Nd4j.create(shape);
    for (long i = 0; i < array.length(); i++) {
      array.putScalar(i, (float) random.nextGaussian());
    }
    return array;
  }

  final Tensor image(INDArray host) {
    return device.imageOf(host);
  }

  /**
   * The gradient of Σ weights · y with respect to every entry of x, by running {@code forward} with
   * the entry moved both ways.
   */
  final void agrees(INDArray x, INDArray dx, INDArray y, INDArray weights, Runnable forward) {
    double scale = dx.amaxNumber().doubleValue();
    float step = 1e-2f;
    for (long i = 0; i < x.length(); i++) {
      float value = x.getFloat(i);
      x.putScalar(i, value + step);
      double above = weightedSum(y, weights, forward);
      x.putScalar(i, value - step);
      double below = weightedSum(y, weights, forward);
      x.putScalar(i, value);
      assertThat(dx.getDouble(i))
          .as("entry " + i)
          .isCloseTo((above - below) / (2 * step), within(2e-3 * scale));
    }
  }

  private double weightedSum(INDArray y, INDArray weights, Runnable forward) {
    forward.run();
    device.await();
    double sum = 0;
    for (long i = 0; i < y.length(); i++) {
      sum += y.getDouble(i) * weights.getDouble(i);
    }
    return sum;
  }
}
