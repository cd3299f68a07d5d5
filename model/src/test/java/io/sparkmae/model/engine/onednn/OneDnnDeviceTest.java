package io.sparkmae.model.engine.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.sparkmae.model.engine.device.AdamWRange;
import io.sparkmae.model.engine.device.AdamWRates;
import io.sparkmae.model.engine.device.Affine;
import io.sparkmae.model.engine.device.StreamGradient;
import io.sparkmae.model.engine.device.Tensor;
import io.sparkmae.model.engine.device.Type;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Each operation's gradient against central differences of the operation itself. */
class OneDnnDeviceTest extends DeviceFixture {

  private static final double EPS = 1e-6;

  @Test
  void layerNorm() {
    INDArray x = host(3, 8);
    INDArray weight = host(8);
    INDArray bias = host(8);
    INDArray y = host(3, 8);
    INDArray dy = host(3, 8);
    Tensor statistics = device.allocate(Type.F32, 2, 3);
    INDArray dx = host(3, 8);
    INDArray dWeight = host(8);
    INDArray dBias = host(8);
    Affine layer = new Affine(image(weight), image(bias), image(dWeight), image(dBias));
    Runnable forward = device.layerNorm(image(x), layer, EPS, statistics, image(y));
    forward.run();
    StreamGradient share = new StreamGradient(image(dx), true, null);
    device.layerNormGradient(image(x), layer, EPS, statistics, image(dy), share).run();

    agrees(x, dx, y, dy, forward);
    agrees(weight, dWeight, y, dy, forward);
    agrees(bias, dBias, y, dy, forward);
  }

  @Test
  void layerNormAddsItsShareToTheStreamsGradient() {
    INDArray x = host(3, 8);
    Affine layer = new Affine(image(host(8)), image(host(8)), image(host(8)), image(host(8)));
    Tensor statistics = device.allocate(Type.F32, 2, 3);
    device.layerNorm(image(x), layer, EPS, statistics, image(host(3, 8))).run();
    INDArray dy = host(3, 8);
    INDArray share = host(3, 8);
    INDArray sum = host(3, 8);
    INDArray copy = host(3, 8);
    INDArray before = sum.dup();
    StreamGradient first = new StreamGradient(image(share), true, null);
    StreamGradient second = new StreamGradient(image(sum), false, image(copy));

    device.layerNormGradient(image(x), layer, EPS, statistics, image(dy), first).run();
    device.layerNormGradient(image(x), layer, EPS, statistics, image(dy), second).run();
    device.await();

    assertThat(sum).isEqualTo(before.add(share));
    assertThat(copy).isEqualTo(sum);
  }

  @Test
  void bytesAndTheNumbersThatTheyStandForGiveTheSamePatches() {
    INDArray levels = Nd4j.rand(DataType.FLOAT, 3, 256);
    INDArray bytes = Nd4j.rand(DataType.FLOAT, 2, 4, 12).mul(256).castTo(DataType.UINT8);
    INDArray floats = Nd4j.create(DataType.FLOAT, 2, 4, 12);
    for (long i = 0; i < bytes.length(); i++) {
      floats.putScalar(i, levels.getFloat(i % 3, (int) bytes.getDouble(i)));
    }
    INDArray order = Nd4j.createFromArray(new int[][] {{2, 0, 3, 1}, {1, 3, 0, 2}});
    INDArray fromBytes = host(4, 12);
    INDArray fromFloats = host(4, 12);

    patches(bytes, levels, order, true, fromBytes);
    patches(floats, levels, order, true, fromFloats);

    assertThat(fromBytes).isEqualTo(fromFloats);
    // the first image's second place from 1 on holds token 3, whose second channel begins at entry
    // 1
    assertThat(fromBytes.getFloat(1, 4)).isEqualTo(floats.getFloat(0, 3, 1));
  }

  private void patches(
      INDArray pixels, INDArray levels, INDArray order, boolean turned, INDArray to) {
    device.patches(image(pixels), image(levels), image(order), 1, turned, image(to)).run();
  }

  @Test
  void gelu() {
    INDArray x = host(4, 9);
    INDArray y = host(4, 9);
    INDArray dy = host(4, 9);
    INDArray dx = dy.dup();
    Runnable forward = device.gelu(image(x), image(y));
    device.geluGradient(image(x), image(dx), image(dx)).run();
    agrees(x, dx, y, dy, forward);
  }

  @ParameterizedTest
  @ValueSource(ints = {3, 2})
  void squaredErrorOfTheRowsThatCount(int rows) {
    INDArray prediction = host(3, 300); // more than a block of the loop
    INDArray target = host(3, 300);
    INDArray counted = Nd4j.createFromArray(rows);
    INDArray loss = host(1);
    INDArray dPrediction = host(3, 300);
    Runnable forward =
        device.squaredError(
            image(prediction), image(target), image(counted), image(loss), image(dPrediction));
    forward.run();
    int entries = 300 * rows;
    double mean = 0;
    for (long i = 0; i < 900; i++) {
      double difference = i < entries ? prediction.getDouble(i) - target.getDouble(i) : 0;
      mean += difference * difference / entries;
      assertThat(dPrediction.getDouble(i)).isCloseTo(2 * difference / entries, within(1e-8));
    }
    assertThat(loss.getDouble(0)).isCloseTo(mean, within(1e-6));
  }

  @Test
  void sharesAddUp() {
    INDArray first = host(70_000); // more than a share of the loop
    INDArray second = host(70_000);
    INDArray expected = first.mul(0.25f).addi(second.mul(0.75f));
    Runnable release = device.openPlan();
    Tensor sum = device.allocateResident(Type.F32, 70_000);
    release.run();
    device.addShare(0.25, image(first), null, sum);
    device.addShare(0.75, image(second), sum, image(second));
    assertThat(second.toFloatVector()).isEqualTo(expected.toFloatVector());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void adamWIsTheFormulaForAnyNumberOfThreads(int threads) {
    int length = (1 << 17) + 77; // two shares, and a rest that is no whole block
    INDArray params = host(length);
    INDArray gradients = host(length);
    INDArray expAvg = host(length);
    INDArray expAvgSq = Nd4j.math().square(host(length));
    INDArray before = params.dup();
    INDArray firstBefore = expAvg.dup();
    INDArray secondBefore = expAvgSq.dup();
    AdamWRates rates = AdamWRates.of(1e-3, 0.9, 0.95, 1e-8, 0.05, 3, 0.5);
    double squares;
    try (OneDnnDevice several = new OneDnnDevice(threads)) {
      squares =
          several
              .adamW(
                  List.of(
                      new AdamWRange(
                          image(params), image(gradients), image(expAvg), image(expAvgSq), true)))
              .applyAsDouble(rates);
    }
    double expectedSquares = 0;
    for (int i = 0; i < length; i++) {
      double g = gradients.getDouble(i) * 0.5;
      double m = 0.9 * firstBefore.getDouble(i) + 0.1 * g;
      double v = 0.95 * secondBefore.getDouble(i) + 0.05 * g * g;
      double step =
          1e-3 / (1 - Math.pow(0.9, 3)) * m / (Math.sqrt(v / (1 - Math.pow(0.95, 3))) + 1e-8);
      double expected = before.getDouble(i) * (1 - 1e-3 * 0.05) - step;
      expectedSquares += gradients.getDouble(i) * gradients.getDouble(i);
      if (i % 97 == 0 || i > length - 100) {
        assertThat(params.getDouble(i)).isCloseTo(expected, within(1e-6));
        assertThat(expAvg.getDouble(i)).isCloseTo(m, within(1e-6));
        assertThat(expAvgSq.getDouble(i)).isCloseTo(v, within(1e-5));
      }
    }
    assertThat(squares).isCloseTo(expectedSquares, within(1e-6 * expectedSquares));
  }

  @Test
  void closingAPlanFreesIt() {
    long before = org.bytedeco.javacpp.Pointer.totalBytes();
    Runnable release = device.openPlan();
    device.allocate(Type.F32, 1 << 20);
    assertThat(org.bytedeco.javacpp.Pointer.totalBytes()).isGreaterThan(before + (4 << 20) - 1);
    release.run();
    assertThat(org.bytedeco.javacpp.Pointer.totalBytes()).isLessThan(before + (1 << 20));
  }

  @Test
  void aPlanUsesTheMemoryOfALargerOneFirst() {
    Runnable larger = device.openPlan();
    List<Long> there = addresses(80, 40, 80);
    Runnable within = device.openPlanWithin(larger).orElseThrow();
    List<Long> found = addresses(70, 35, 75, 60);
    assertThat(found.subList(0, 3)).containsExactlyInAnyOrderElementsOf(there);
    assertThat(there).doesNotContain(found.get(3));
    within.run();
    larger.run();
  }

  private List<Long> addresses(int... lengths) {
    return IntStream.of(lengths)
        .mapToObj(length -> device.allocate(Type.F32, length).address())
        .toList();
  }
}
