package io.sparkmae.model.engine.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sparkmae.model.engine.device.Tensor;
import io.sparkmae.model.engine.device.Type;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Products: gradients against central differences, and packed ones against plain ones. */
class OneDnnProductsTest extends DeviceFixture {

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
}
