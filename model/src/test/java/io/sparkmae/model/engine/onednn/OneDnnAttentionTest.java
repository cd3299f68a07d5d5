package io.sparkmae.model.engine.onednn;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkmae.model.engine.device.Activation;
import io.sparkmae.model.engine.device.Tensor;
import io.sparkmae.model.engine.device.Type;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** Attention: its gradient against central differences, and its tiles against the whole. */
class OneDnnAttentionTest extends DeviceFixture {

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
}
