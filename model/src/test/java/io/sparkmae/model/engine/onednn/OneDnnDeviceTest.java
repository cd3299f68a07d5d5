package io.sparkmae.model.engine.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sparkmae.model.engine.device.Activation;
import io.sparkmae.model.engine.device.AdamWRange;
import io.sparkmae.model.engine.device.AdamWRates;
import io.sparkmae.model.engine.device.Affine;
import io.sparkmae.model.engine.device.StreamGradient;
import io.sparkmae.model.engine.device.Tensor;
import io.sparkmae.model.engine.device.Type;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** Each operation's gradient against central differences of the operation itself. */
class OneDnnDeviceTest {

  private static final double EPS = 1e-6;

  private final OneDnnDevice device = new OneDnnDevice(1);
  private final Random random = new Random(7);

  @AfterEach
  void close() {
    device.close();
  }

  private INDArray host(long... shape) {
    INDArray array = Nd4j.create(shape);
    for (long i = 0; i < array.length(); i++) {
      array.putScalar(i, (float) random.nextGaussian());
    }
    return array;
  }

  private Tensor image(INDArray host) {
    return device.imageOf(host);
  }

  /**
   * The gradient of Σ weights · y with respect to every entry of x, by running {@code forward} with
   * the entry moved both ways.
   */
  private void agrees(INDArray x, INDArray dx, INDArray y, INDArray weights, Runnable forward) {
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

  @ParameterizedTest
  @ValueSource(ints = {5, 600}) // 600 rows take the other product for the weight's gradient
  void linear(int rows) {
    INDArray x = host(rows, 4);
    INDArray weight = host(6, 4);
    INDArray bias = host(6);
    INDArray addend = host(rows, 6);
    INDArray y = host(rows, 6);
    INDArray dy = host(rows, 6);
    Runnable forward = device.linear(image(x), image(weight), image(bias), image(addend), image(y));

    INDArray dx = host(rows, 4);
    INDArray dWeight = host(6, 4);
    INDArray dBias = host(6);
    device.linearInputGradient(image(dy), image(weight), image(dx)).run();
    device.linearWeightGradient(image(dy), image(x), image(dWeight), image(dBias)).run();

    agrees(weight, dWeight, y, dy, forward);
    agrees(bias, dBias, y, dy, forward);
    if (rows < 100) {
      agrees(x, dx, y, dy, forward);
      agrees(addend, dy, y, dy, forward);
    }
  }

  @ParameterizedTest
  @CsvSource({"70, 300, 129", "70, 129, 300", "2100, 257, 257", "640, 192, 768", "5, 4, 600"})
  void packedProductsInBf16HaveTheBitsOfPlainOnes(int rows, int in, int out) {
    assumeTrue(OneDnnDevice.hasBf16());
    Tensor x = typed(host(rows, in));
    Tensor dy = typed(host(rows, out));
    Tensor weight = typed(host(out, in));
    INDArray zeros = Nd4j.zeros(out);
    INDArray y = host(rows, out);
    INDArray dx = host(rows, in);
    INDArray dWeight = host(out, in);
    device.linear(x, weight, image(zeros), null, image(y)).run();
    device.linearInputGradient(dy, weight, image(dx)).run();
    device.linearWeightGradient(dy, x, image(dWeight), image(host(out))).run();
    device.await();
    assertThat(bits(y)).isEqualTo(bits(plain(x, weight.transposed(), rows, out)));
    assertThat(bits(dx)).isEqualTo(bits(plain(dy, weight, rows, in)));
    assertThat(bits(dWeight)).isEqualTo(bits(plain(dy.transposed(), x, out, in)));
  }

  private static float[] bits(INDArray array) {
    return array.data().asFloat(); // arrays are equal within a tolerance
  }

  private INDArray plain(Tensor a, Tensor b, int rows, int columns) {
    INDArray result = host(rows, columns);
    device.products().product(a, b, 1, image(result)).run();
    device.await();
    return result;
  }

  private Tensor typed(INDArray host) {
    Tensor typed = device.allocate(Type.BF16, host.shape());
    device.copy(image(host), typed).run();
    return typed;
  }

  @Test
  void aProductThatOneDnnRefusesIsAnError() {
    Tensor folded =
        new Tensor(image(host(6, 4)).address(), Type.F32, new long[] {6, 4}, new long[] {1, 1});
    Runnable product = device.linearInputGradient(image(host(5, 6)), folded, image(host(5, 4)));
    assertThatIllegalStateException()
        .isThrownBy(product::run)
        .withMessage("Cannot multiply F32[5, 6] by F32[6, 4]: oneDNN's sgemm gave status 2");
  }

  @Test
  void linearOfWidthOne() {
    INDArray x = host(5, 4);
    INDArray weight = host(1, 4);
    INDArray bias = host(1);
    INDArray y = host(5, 1);
    INDArray dy = host(5, 1);
    Runnable forward = device.linear(image(x), image(weight), image(bias), null, image(y));

    INDArray dx = host(5, 4);
    INDArray dWeight = host(1, 4);
    INDArray dBias = host(1);
    device.linearInputGradient(image(dy), image(weight), image(dx)).run();
    device.linearWeightGradient(image(dy), image(x), image(dWeight), image(dBias)).run();

    agrees(x, dx, y, dy, forward);
    agrees(weight, dWeight, y, dy, forward);
    agrees(bias, dBias, y, dy, forward);
  }

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

  @ParameterizedTest
  @ValueSource(ints = {5, 2}) // as many queries as keys, and fewer as in the last decoder block
  void attention(int queries) {
    INDArray q = host(2, queries, 6);
    INDArray kv = host(2, 5, 12);
    INDArray attended = host(2, queries, 6);
    INDArray dAttended = host(2, queries, 6);
    INDArray dq = host(2, queries, 6);
    INDArray dkv = host(2, 5, 12);
    Tensor probabilities = device.allocate(Type.F32, 2, 3, queries, 5);
    Activation k = part(kv, dkv, 0);
    Activation v = part(kv, dkv, 6);
    Activation query = new Activation(image(q), image(dq)).heads(3);
    Runnable forward =
        device.attention(
            query.value(), k.value(), v.value(), probabilities, image(attended).heads(3));
    forward.run();
    Activation result = new Activation(image(attended), image(dAttended)).heads(3);
    device.attentionGradient(query, k, v, probabilities, result).run();

    agrees(q, dq, attended, dAttended, forward);
    agrees(kv, dkv, attended, dAttended, forward);
  }

  private Activation part(INDArray value, INDArray gradient, int from) {
    return new Activation(image(value), image(gradient)).slice(2, from, from + 6).heads(3);
  }

  @Test
  void attentionOfManyHeadsIsThatOfEach() {
    INDArray qkv = host(2, 200, 3 * 64);
    INDArray all = host(2, 200, 64);
    INDArray each = host(2, 200, 64);
    Tensor tokens = image(qkv);
    attend(tokens, image(all), 0, 2);
    attend(tokens.slice(0, 0, 1), image(each).slice(0, 0, 1), 0, 1);
    attend(tokens.slice(0, 1, 2), image(each).slice(0, 1, 2), 0, 1);
    assertThat(all).isEqualTo(each);
  }

  /** Of 5 tokens that lie 3 widths apart, 15 images are as many as oneDNN misreads. */
  @Test
  void attentionOfManyImagesIsThatOfEach() {
    for (int images = 1; images <= 31; images++) {
      INDArray[] all = attendAndBack(host(images, 5, 3 * 48), host(images, 5, 48), images);
      for (int image = 0; image < images; image++) {
        INDArray[] one = attendAndBack(only(all[0], image), only(all[1], image), 1);
        assertThat(only(all[2], image)).as(images + " images").isEqualTo(one[2]);
        assertThat(only(all[3], image)).as(images + " images").isEqualTo(one[3]);
      }
    }
  }

  private static INDArray only(INDArray images, int image) {
    return images.get(NDArrayIndex.interval(image, image + 1)).dup();
  }

  /** Input, gradient of the output, output, gradient of the input. */
  private INDArray[] attendAndBack(INDArray qkv, INDArray dAttended, int images) {
    INDArray attended = Nd4j.create(images, 5, 48);
    INDArray dQkv = Nd4j.create(images, 5, 3 * 48);
    Activation tokens = new Activation(image(qkv), image(dQkv));
    Activation q = tokens.slice(2, 0, 48).heads(3);
    Activation k = tokens.slice(2, 48, 96).heads(3);
    Activation v = tokens.slice(2, 96, 144).heads(3);
    Activation result = new Activation(image(attended), image(dAttended)).heads(3);
    Tensor state = device.allocate(Type.F32, images, 3, 5, 5);
    device.attention(q.value(), k.value(), v.value(), state, result.value()).run();
    device.attentionGradient(q, k, v, state, result).run();
    device.await();
    return new INDArray[] {qkv, dAttended, attended, dQkv};
  }

  private void attend(Tensor tokens, Tensor attended, int from, int images) {
    Tensor probabilities = device.allocate(Type.F32, images, 16, 200, 200);
    device
        .attention(
            tokens.slice(2, 0, 64).heads(16),
            tokens.slice(2, 64, 128).heads(16),
            tokens.slice(2, 128, 192).heads(16),
            probabilities,
            attended.heads(16))
        .run();
    device.await();
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
}
