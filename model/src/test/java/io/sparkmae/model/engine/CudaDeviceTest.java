package io.sparkmae.model.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Each operation on a GPU against the same on oneDNN, whose gradients are checked by themselves.
 */
class CudaDeviceTest {

  @BeforeEach
  void aGpu() {
    assumeTrue(Cuda.obstacle().isEmpty(), Cuda.obstacle());
  }

  /** An operation's surroundings on one device: random inputs, the same on each, and outputs. */
  private static final class Bench {
    private final Device device;
    private final Type type;
    private final Random random = new Random(7);
    private final List<INDArray> hosts = new ArrayList<>(); // images live in them
    private final List<INDArray> results = new ArrayList<>();

    Bench(Device device, Type type) {
      this.device = device;
      this.type = type;
    }

    Tensor floats(long... shape) {
      INDArray host = Nd4j.create(shape);
      for (long i = 0; i < host.length(); i++) {
        host.putScalar(i, (float) random.nextGaussian());
      }
      hosts.add(host);
      Tensor image = device.imageOf(host);
      device.upload(host);
      return image;
    }

    Tensor typed(long... shape) {
      Tensor image = floats(shape);
      if (type == Type.F32) {
        return image;
      }
      Tensor typed = device.allocate(type, shape);
      device.copy(image, typed).run();
      return typed;
    }

    void result(Tensor tensor) {
      INDArray host = Nd4j.create(tensor.shape());
      device.copy(tensor, device.imageOf(host)).run();
      device.download(host);
      results.add(host);
    }
  }

  private static void agree(Type type, Consumer<Bench> operation) {
    try (Device cpu = new OneDnnDevice(1);
        Device gpu = new CudaDevice(0)) {
      Bench expected = new Bench(cpu, type);
      Bench actual = new Bench(gpu, type);
      operation.accept(expected);
      operation.accept(actual);
      for (int i = 0; i < expected.results.size(); i++) {
        INDArray right = expected.results.get(i);
        double difference =
            actual.results.get(i).sub(right).amaxNumber().doubleValue()
                / right.amaxNumber().doubleValue();
        assertThat(difference).as("result " + i).isLessThan(type == Type.F32 ? 1e-5 : 2e-2);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Type.class)
  void linear(Type type) {
    agree(
        type,
        bench -> {
          Device device = bench.device;
          Tensor x = bench.typed(70, 24);
          Tensor weight = bench.typed(40, 24);
          Tensor bias = bench.floats(40);
          Tensor y = bench.typed(70, 40);
          Tensor stream = bench.floats(70, 40);
          device.linear(x, weight, bias, null, y).run();
          device.linear(x, weight, bias, bench.floats(70, 40), stream).run();
          bench.result(y);
          bench.result(stream);
          Tensor dx = bench.typed(70, 24);
          Tensor dWeight = bench.floats(40, 24);
          Tensor dBias = bench.floats(40);
          device.linearInputGradient(y, weight, dx).run();
          device.linearWeightGradient(y, x, dWeight).run();
          device.sumRows(y, dBias).run();
          bench.result(dx);
          bench.result(dWeight);
          bench.result(dBias);
        });
  }

  @ParameterizedTest
  @EnumSource(Type.class)
  void layerNorm(Type type) {
    agree(
        type,
        bench -> {
          Device device = bench.device;
          Tensor x = bench.floats(70, 40);
          Tensor weight = bench.floats(40);
          Tensor bias = bench.floats(40);
          Tensor statistics = device.allocate(Type.F32, 2, 70);
          Tensor y = bench.typed(70, 40);
          device.layerNorm(x, weight, bias, 1e-6, statistics, y).run();
          bench.result(y);
          Tensor dx = bench.floats(70, 40);
          Tensor dWeight = bench.floats(40);
          Tensor dBias = bench.floats(40);
          Tensor dy = bench.typed(70, 40);
          device.layerNormGradient(x, weight, 1e-6, statistics, dy, dx, dWeight, dBias).run();
          bench.result(dx);
          bench.result(dWeight);
          bench.result(dBias);
        });
  }

  @ParameterizedTest
  @EnumSource(Type.class)
  void attention(Type type) {
    agree(
        type,
        bench -> {
          Device device = bench.device;
          Activation tokens = new Activation(bench.typed(3, 13, 48), bench.typed(3, 13, 48));
          Activation q = tokens.slice(2, 0, 16).heads(2);
          Activation k = tokens.slice(2, 16, 32).heads(2);
          Activation v = tokens.slice(2, 32, 48).heads(2);
          Tensor p = device.allocate(type, 3, 2, 13, 13);
          Tensor attended = bench.typed(3, 13, 16);
          device.attention(q.value(), k.value(), v.value(), p, attended.heads(2)).run();
          bench.result(attended);
          device.attentionGradient(q, k, v, p, bench.typed(3, 13, 16).heads(2)).run();
          bench.result(tokens.gradient());
        });
  }

  @ParameterizedTest
  @EnumSource(Type.class)
  void gelu(Type type) {
    agree(
        type,
        bench -> {
          Tensor x = bench.typed(70, 40);
          Tensor y = bench.typed(70, 40);
          Tensor d = bench.typed(70, 40);
          bench.device.gelu(x, y).run();
          bench.device.geluGradient(x, d, d).run();
          bench.result(y);
          bench.result(d);
        });
  }

  @ParameterizedTest
  @EnumSource(Type.class)
  void stridesAndRows(Type type) {
    agree(
        type,
        bench -> {
          Device device = bench.device;
          Tensor to = bench.floats(5, 7, 6);
          device.copy(bench.typed(5, 3, 6), to.slice(1, 2, 5)).run();
          device.accumulate(bench.typed(5, 3, 6), to.slice(1, 1, 4)).run();
          device.fillRows(bench.floats(1, 1, 6).reshape(6), to.at(1, 0)).run();
          bench.result(to);
          Tensor sums = bench.floats(6);
          device.sumRows(to.at(1, 3), sums).run();
          bench.result(sums);
          Tensor y = bench.floats(35, 6);
          device.add(to.reshape(35, 6), sums, y).run();
          bench.result(y);
        });
  }

  @Test
  void lossAndOptimiser() {
    agree(
        Type.F32,
        bench -> {
          Device device = bench.device;
          Tensor loss = bench.floats(1);
          Tensor d = bench.floats(300, 40);
          device.squaredError(bench.floats(300, 40), bench.floats(300, 40), loss, d).run();
          bench.result(loss);
          bench.result(d);
          Tensor params = bench.floats(12000);
          Tensor expAvgSq = device.allocate(Type.F32, 12000);
          AdamWRange range =
              new AdamWRange(params, d.reshape(12000), bench.floats(12000), expAvgSq, true);
          double squares =
              device
                  .adamW(List.of(range))
                  .applyAsDouble(AdamWRates.of(1e-3, 0.9, 0.95, 1e-8, 0.05, 3, 0.5));
          bench.result(params);
          INDArray sums = Nd4j.createFromArray((float) squares, (float) device.sumOfSquares(d));
          bench.results.add(sums);
        });
  }

  @Test
  void closingAPlanFreesItsMemory() {
    try (Device gpu = new CudaDevice(0)) {
      for (int i = 0; i < 300; i++) { // 300 GiB in all
        Runnable release = gpu.openPlan();
        gpu.allocate(Type.F32, 1 << 28);
        release.run();
      }
    }
  }
}
