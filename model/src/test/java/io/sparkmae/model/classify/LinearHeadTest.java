package io.sparkmae.model.classify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.sparkmae.model.file.Safetensors;
import io.sparkmae.model.optimiser.Lars;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The head beside PyTorch: {@code linear_head} has five steps of {@code BatchNorm1d(affine=False,
 * eps=1e-6)} and {@code Linear} under LARS.
 */
class LinearHeadTest {

  private static final int CLASSES = 4;
  private static Map<String, INDArray> file;

  @BeforeAll
  static void read() throws Exception {
    try (var in = LinearHeadTest.class.getResourceAsStream("linear_head.safetensors")) {
      file = Safetensors.read(in).tensors();
    }
  }

  @Test
  void everyStepIsPyTorchs() {
    LinearHead head = new LinearHead(flat("weight0"), CLASSES);
    for (int step = 0; step < 5; step++) {
      double loss = head.step(features(step), labels(step), file.get("rates").getDouble(step));
      assertThat(loss).isCloseTo(file.get("losses").getDouble(step), within(2e-6));
      assertThat(head.weight()).containsExactly(flat("weight" + (step + 1)), within(2e-6f));
      assertThat(head.bias()).containsExactly(flat("bias" + (step + 1)), within(2e-6f));
    }
    assertNear(head.norm().mean, flat("running_mean"));
    assertNear(head.norm().variance, flat("running_var"));
  }

  @Test
  void theFoldedHeadGivesPyTorchsLogits() {
    LinearHead head = new LinearHead(flat("weight0"), CLASSES);
    for (int step = 0; step < 5; step++) {
      head.step(features(step), labels(step), file.get("rates").getDouble(step));
    }
    LinearClassifier trained = head.trained();
    float[][] test = file.get("test").toFloatMatrix();
    for (int n = 0; n < test.length; n++) {
      assertNear(trained.logits(test[n]), file.get("logits").getRow(n).toFloatVector());
    }
  }

  @Test
  void equalSeedsDrawEqualHeads() {
    assertThat(new LinearHead(7, 3, 5).weight()).isEqualTo(new LinearHead(7, 3, 5).weight());
    assertThat(new LinearHead(7, 3, 5).weight()).isNotEqualTo(new LinearHead(7, 3, 6).weight());
  }

  @Test
  void aLarsStepByHand() {
    float[] parameters = {3, 4}; // norm 5
    float[] gradient = {0, 2}; // norm 2: scaled by 0.001 * 5 / 2
    Lars lars = new Lars(2, true);
    lars.step(parameters, gradient, 10);
    assertThat(parameters).containsExactly(new float[] {3, 3.95f}, within(1e-6f));
    lars.step(parameters, gradient, 0); // moves the velocity alone
    assertThat(parameters).containsExactly(new float[] {3, 3.95f}, within(1e-6f));

    float[] bias = {3, 4};
    Lars plain = new Lars(2, false);
    plain.step(bias, gradient, 0.1);
    plain.step(bias, gradient, 0.1); // velocity 2 * 1.9
    assertThat(bias).containsExactly(new float[] {3, 4 - 0.2f - 0.38f}, within(1e-6f));
  }

  @Test
  void aTensorOfZerosOrWithoutGradientIsNotScaled() {
    float[] zeros = {0, 0};
    new Lars(2, true).step(zeros, new float[] {1, -2}, 0.5);
    assertThat(zeros).containsExactly(-0.5f, 1);
    float[] still = {1, 2};
    new Lars(2, true).step(still, new float[2], 0.5);
    assertThat(still).containsExactly(1, 2);
  }

  private static float[][] features(int step) {
    return file.get("features").slice(step).toFloatMatrix();
  }

  private static int[] labels(int step) {
    return file.get("labels").getRow(step).toIntVector();
  }

  private static float[] flat(String name) {
    return file.get(name).dup('c').data().asFloat();
  }

  private static void assertNear(double[] got, float[] expected) {
    assertThat(got.length).isEqualTo(expected.length);
    for (int i = 0; i < got.length; i++) {
      assertThat(got[i]).isCloseTo(expected[i], within(1e-5 * Math.max(1, Math.abs(expected[i]))));
    }
  }
}
