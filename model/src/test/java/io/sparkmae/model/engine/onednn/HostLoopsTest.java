package io.sparkmae.model.engine.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.sparkmae.model.engine.device.AdamWRates;
import io.sparkmae.model.engine.device.Address;
import io.sparkmae.model.engine.device.HostVector;
import io.sparkmae.model.engine.device.Tensor;
import io.sparkmae.model.engine.device.Type;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** What is cut into pieces has the bits of what is whole. */
class HostLoopsTest {

  private static final int LENGTH = 200_000; // three shares and a part of one
  private static final int WHOLE = 28;
  private static final int PIECES = 14; // four in a share

  private final HostLoops loops = new HostLoops(2);
  private final Random random = new Random(5);

  @AfterEach
  void close() {
    loops.close();
  }

  private INDArray numbers() {
    float[] numbers = new float[LENGTH];
    for (int i = 0; i < LENGTH; i++) {
      numbers[i] = (float) random.nextGaussian();
    }
    return Nd4j.createFromArray(numbers);
  }

  private static HostVector vector(INDArray array, int shift) {
    return new HostVector(Tensor.dense(Address.of(array), Type.F32, LENGTH), shift);
  }

  @Test
  void sumsOfSquares() {
    INDArray x = numbers();
    double sum = loops.sumOfSquares(vector(x, WHOLE));
    assertThat(loops.sumOfSquares(vector(x, PIECES))).isEqualTo(sum);
    INDArray exact = x.castTo(DataType.DOUBLE);
    double expected = exact.mul(exact).sumNumber().doubleValue();
    assertThat(sum).isCloseTo(expected, within(1e-6 * expected));
  }

  @Test
  void squaredErrors() {
    INDArray prediction = numbers();
    INDArray target = numbers();
    INDArray whole = numbers();
    INDArray pieces = numbers();
    double error =
        loops.squaredError(
            vector(prediction, WHOLE), vector(target, WHOLE), vector(whole, WHOLE), 150_000);
    assertThat(
            loops.squaredError(
                vector(prediction, PIECES),
                vector(target, PIECES),
                vector(pieces, PIECES),
                150_000))
        .isEqualTo(error);
    assertThat(pieces.toFloatVector()).isEqualTo(whole.toFloatVector());
  }

  @Test
  void adamW() {
    INDArray gradients = numbers();
    INDArray[] whole = {numbers(), numbers(), numbers().mul(0)};
    INDArray[] pieces = {whole[0].dup(), whole[1].dup(), whole[2].dup()};
    double squares = adamW(whole, gradients, WHOLE);
    assertThat(adamW(pieces, gradients, PIECES)).isEqualTo(squares);
    for (int i = 0; i < whole.length; i++) {
      assertThat(pieces[i].toFloatVector()).isEqualTo(whole[i].toFloatVector());
    }
  }

  private double adamW(INDArray[] state, INDArray gradients, int shift) {
    return loops.over(List.of(adamW(state, vector(gradients, shift), shift)));
  }

  private static HostLoops.Loop adamW(INDArray[] state, HostVector gradients, int shift) {
    return new HostAdamW(
            vector(state[0], shift),
            gradients,
            vector(state[1], shift),
            vector(state[2], shift),
            true)
        .step(AdamWRates.of(1e-2, 0.9, 0.95, 1e-8, 0.05, 3, 0.7));
  }

  @Test
  void loopsAtOnceDoWhatTheyDoOneByOne() {
    INDArray gradients = numbers();
    INDArray[] one = {numbers(), numbers(), numbers().mul(0)};
    INDArray[] two = {numbers(), numbers(), numbers().mul(0)};
    INDArray[] oneAgain = {one[0].dup(), one[1].dup(), one[2].dup()};
    INDArray[] twoAgain = {two[0].dup(), two[1].dup(), two[2].dup()};
    double squares = adamW(one, gradients, WHOLE) + adamW(two, gradients, WHOLE);
    HostVector slopes = vector(gradients, WHOLE);
    HostLoops.Loop first = adamW(oneAgain, slopes, WHOLE);
    assertThat(loops.over(List.of(first, adamW(twoAgain, slopes, WHOLE)))).isEqualTo(squares);
    assertThat(oneAgain[0].toFloatVector()).isEqualTo(one[0].toFloatVector());
    assertThat(twoAgain[0].toFloatVector()).isEqualTo(two[0].toFloatVector());
  }
}
