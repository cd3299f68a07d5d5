package io.sparkmae.model.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sparkmae.model.config.Precision;
import io.sparkmae.model.engine.device.Activation;
import io.sparkmae.model.engine.device.AdamWRange;
import io.sparkmae.model.engine.device.AdamWRates;
import io.sparkmae.model.engine.device.Affine;
import io.sparkmae.model.engine.device.Device;
import io.sparkmae.model.engine.device.StreamGradient;
import io.sparkmae.model.engine.device.Tensor;
import io.sparkmae.model.engine.device.Type;
import io.sparkmae.model.engine.onednn.OneDnnDevice;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
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
      return host(host);
    }

    Tensor host(INDArray host) {
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
        Device gpu = new CudaDevice(0, Precision.FP32)) {
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
  @EnumSource(names = {"F32", "BF16"})
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
          device.linearWeightGradient(y, x, dWeight, dBias).run();
          bench.result(dx);
          bench.result(dWeight);
          bench.result(dBias);
        });
  }

  @ParameterizedTest
  @CsvSource({"F32, 40", "BF16, 40", "F32, 42", "BF16, 42", "F32, 768", "BF16, 768", "BF16, 1280"})
  void layerNorm(Type type, int columns) {
    agree(
        type,
        bench -> {
          Device device = bench.device;
          Tensor x = bench.floats(70, columns);
          Affine layer =
              new Affine(
                  bench.floats(columns),
                  bench.floats(columns),
                  bench.floats(columns),
                  bench.floats(columns));
          Tensor statistics = device.allocate(Type.F32, 2, 70);
          Tensor y = bench.typed(70, columns);
          device.layerNorm(x, layer, 1e-6, statistics, y).run();
          bench.result(y);
          Tensor dy = bench.typed(70, columns);
          Tensor sum = bench.floats(70, columns);
          Tensor copy = bench.typed(70, columns);
          StreamGradient dx = new StreamGradient(sum, false, copy);
          device.layerNormGradient(x, layer, 1e-6, statistics, dy, dx).run();
          bench.result(sum);
          bench.result(copy);
          bench.result(layer.dWeight());
          bench.result(layer.dBias());
        });
  }

  @ParameterizedTest
  @CsvSource({
    "F32, 13, 13, 8", "BF16, 13, 13, 8", "BF16, 13, 13, 16", "BF16, 50, 50, 64",
    "BF16, 197, 197, 32", "BF16, 147, 197, 32", "BF16, 257, 257, 80", "BF16, 65, 65, 48"
  })
  void attention(Type type, int queries, int keys, int width) {
    agree(
        type,
        bench -> {
          Device device = bench.device;
          long dim = 2L * width;
          Activation q =
              new Activation(bench.typed(3, queries, dim), bench.typed(3, queries, dim)).heads(2);
          Activation kv =
              new Activation(bench.typed(3, keys, 2 * dim), bench.typed(3, keys, 2 * dim));
          Activation k = kv.slice(2, 0, dim).heads(2);
          Activation v = kv.slice(2, dim, 2 * dim).heads(2);
          Tensor like = device.attentionState(q.value(), k.value());
          Tensor state = device.allocate(like.type(), like.shape());
          Activation attended =
              new Activation(bench.typed(3, queries, dim), bench.typed(3, queries, dim));
          Activation heads = attended.heads(2);
          device.attention(q.value(), k.value(), v.value(), state, heads.value()).run();
          bench.result(attended.value());
          device.attentionGradient(q, k, v, state, heads).run();
          bench.result(kv.gradient());
          Tensor dq = device.allocate(type, 3, queries, dim);
          device.copy(q.gradient(), dq.heads(2)).run();
          bench.result(dq);
        });
  }

  @ParameterizedTest
  @CsvSource({"F32, false", "BF16, false", "F32, true", "BF16, true"})
  void whatTheTowersBeginWith(Type type, boolean bytes) {
    agree(
        type,
        bench -> {
          Device device = bench.device;
          Tensor order = bench.host(Nd4j.createFromArray(new int[][] {{2, 0, 3, 1}, {1, 3, 0, 2}}));
          INDArray random = Nd4j.create(2, 4, 12);
          for (long i = 0; i < random.length(); i++) {
            random.putScalar(i, i * 37 % 256);
          }
          Tensor pixels = bench.host(bytes ? random.castTo(DataType.UINT8) : random);
          Tensor levels = bench.floats(3, 256);
          Tensor visible = bench.typed(2, 12);
          Tensor target = bench.floats(6, 12);
          device.patches(pixels, levels, order, 0, true, visible).run();
          device.patches(pixels, levels, order, 1, false, target).run();
          bench.result(visible);
          bench.result(target);
          Tensor x = bench.floats(2, 4, 6);
          Tensor positions = bench.floats(5, 6);
          device.tokens(bench.floats(2, 2, 6), 1, bench.floats(6), positions, order, x).run();
          bench.result(x);
        });
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16"})
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
  @EnumSource(names = {"F32", "BF16"})
  void stridesAndRows(Type type) {
    agree(
        type,
        bench -> {
          Device device = bench.device;
          Tensor to = bench.floats(5, 7, 6);
          device.copy(bench.typed(5, 3, 6), to.slice(1, 2, 5)).run();
          device.accumulate(bench.typed(5, 3, 6), to.slice(1, 1, 4)).run();
          bench.result(to);
          Tensor sums = bench.floats(6);
          device.sumRows(to.at(1, 3), sums).run();
          bench.result(sums);
          Tensor wide = bench.floats(5, 7, 16);
          device.copy(bench.typed(5, 3, 16), wide.slice(1, 2, 5)).run();
          device.accumulate(bench.typed(5, 3, 16), wide.slice(1, 1, 4)).run();
          bench.result(wide);
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
          Tensor rows = bench.host(Nd4j.createFromArray(200));
          device.squaredError(bench.floats(300, 40), bench.floats(300, 40), rows, loss, d).run();
          bench.result(loss);
          bench.result(d);
          Tensor sum = device.allocateResident(Type.F32, 300, 40);
          device.addShare(0.25, d, null, sum);
          device.addShare(0.75, d, sum, d);
          bench.result(sum);
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
  void recordedWorkDoesTheSameEachTime() {
    try (Device gpu = new CudaDevice(0, Precision.FP32)) {
      Bench bench = new Bench(gpu, Type.F32);
      Tensor sum = bench.floats(300, 40);
      Tensor share = bench.floats(300, 40);
      INDArray expected = bench.hosts.get(0).add(bench.hosts.get(1).mul(4));
      Runnable work = gpu.inOrder(List.of(gpu.accumulate(share, sum)));
      for (int run = 0; run < 4; run++) {
        work.run();
      }
      bench.result(sum);
      assertThat(bench.results.get(0).sub(expected).amaxNumber().doubleValue()).isLessThan(1e-5);
    }
  }

  @Test
  void aGpuThatThisProcessDoesNotSeeIsRefused() {
    assertThatThrownBy(() -> new CudaDevice(4095, Precision.FP32))
        .isInstanceOf(UnusableGpu.class)
        .hasMessageStartingWith("Invalid GPU: 4095 (this process sees ");
  }

  @Test
  void moreMemoryThanTheGpuHasIsRefusedWithTheCureAndDoesNoHarm() {
    try (Device gpu = new CudaDevice(0, Precision.FP32)) {
      assertThatThrownBy(() -> gpu.allocate(Type.F32, 1L << 40))
          .hasMessageContaining("Cannot take 4,194,304 MiB of the GPU's memory")
          .hasMessageContaining("smaller batch");
      gpu.allocate(Type.F32, 1 << 20);
      gpu.await();
    }
  }

  @Test
  void closingAPlanFreesItsMemory() {
    try (Device gpu = new CudaDevice(0, Precision.FP32)) {
      for (int i = 0; i < 300; i++) { // 300 GiB in all
        Runnable release = gpu.openPlan();
        gpu.allocate(Type.F32, 1 << 28);
        release.run();
      }
    }
  }
}
