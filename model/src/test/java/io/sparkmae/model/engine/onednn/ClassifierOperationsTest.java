package io.sparkmae.model.engine.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** A classifier's operations beside their definitions, on one thread and on two. */
class ClassifierOperationsTest extends DeviceFixture {

  @ParameterizedTest
  @CsvSource({"1, 0, 1", "2, 1, 5", "2, 2, 4"})
  void poolingIsAMeanOfTokensAndItsGradientTheirShare(int threads, int from, int to) {
    use(threads);
    INDArray x = host(3, 5, 4);
    INDArray y = host(3, 4);
    device.pool(image(x), from, to, image(y)).run();
    INDArray dy = host(3, 4);
    INDArray dx = host(3, 5, 4);
    device.poolGradient(image(dy), from, to, image(dx)).run();
    for (int n = 0; n < 3; n++) {
      for (int d = 0; d < 4; d++) {
        double mean = 0;
        for (int t = 0; t < 5; t++) {
          boolean in = t >= from && t < to;
          mean += in ? x.getDouble(n, t, d) / (to - from) : 0;
          double share = in ? dy.getDouble(n, d) / (to - from) : 0;
          assertThat(dx.getDouble(n, t, d)).isCloseTo(share, within(1e-6));
        }
        assertThat(y.getDouble(n, d)).isCloseTo(mean, within(1e-6));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void imagesAreScaledEachByItsOwn(int threads) {
    use(threads);
    INDArray x = host(6, 4); // three images of two rows
    INDArray scales = Nd4j.createFromArray(0f, 1f, 2.5f);
    INDArray addend = host(6, 4);
    INDArray y = host(6, 4);
    device.scaleImages(image(x), image(scales), image(addend), image(y)).run();
    INDArray plain = host(6, 4);
    device.scaleImages(image(x), image(scales), null, image(plain)).run();
    for (int row = 0; row < 6; row++) {
      for (int d = 0; d < 4; d++) {
        double scaled = scales.getDouble(row / 2) * x.getDouble(row, d);
        assertThat(plain.getDouble(row, d)).isCloseTo(scaled, within(1e-6));
        assertThat(y.getDouble(row, d)).isCloseTo(scaled + addend.getDouble(row, d), within(1e-6));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void crossEntropyOfTheImagesThatCount(int counted) {
    INDArray logits = host(3, 5);
    INDArray targets = Nd4j.math().abs(host(3, 5));
    targets.diviColumnVector(targets.sum(1));
    INDArray loss = host(1);
    INDArray d = host(3, 5);
    Runnable forward =
        device.crossEntropy(
            image(logits),
            image(targets),
            image(Nd4j.createFromArray(counted)),
            image(loss),
            image(d));
    forward.run();
    INDArray gradient = d.dup();
    for (int n = 0; n < 3; n++) {
      for (int k = 0; k < 5; k++) {
        float value = logits.getFloat(n, k);
        logits.putScalar(n, k, value + 1e-2f);
        forward.run();
        double above = loss.getDouble(0);
        logits.putScalar(n, k, value - 1e-2f);
        forward.run();
        double slope = (above - loss.getDouble(0)) / 2e-2;
        logits.putScalar(n, k, value);
        assertThat(gradient.getDouble(n, k)).isCloseTo(slope, within(1e-4));
        if (n >= counted) {
          assertThat(gradient.getDouble(n, k)).isZero();
        }
      }
    }
  }

  @Test
  void largeLogitsNeitherOverflowNorHideANaN() {
    INDArray logits = Nd4j.createFromArray(new float[][] {{1000, 0}});
    INDArray targets = Nd4j.createFromArray(new float[][] {{0, 1}});
    INDArray loss = host(1);
    Runnable forward =
        device.crossEntropy(
            image(logits),
            image(targets),
            image(Nd4j.createFromArray(1)),
            image(loss),
            image(host(1, 2)));
    forward.run();
    assertThat(loss.getDouble(0)).isEqualTo(1000);
    logits.putScalar(0, 0, Float.NaN);
    forward.run();
    assertThat(loss.getDouble(0)).isNaN();
  }
}
