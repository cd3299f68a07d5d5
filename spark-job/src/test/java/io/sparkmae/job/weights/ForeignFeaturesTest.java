package io.sparkmae.job.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.sparkmae.job.run.EncoderModel;
import io.sparkmae.model.MaeEncoder;
import io.sparkmae.model.file.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A small ViT of timm with trained positions and a classifier, and the features that PyTorch
 * computes with it, its positions resized by timm's {@code resample_abs_pos_embed}.
 */
class ForeignFeaturesTest {

  static final Path TIMM = resource("timm/model.safetensors").getParent();

  private static Map<String, INDArray> expected() throws IOException {
    try (var in = Files.newInputStream(resource("features.safetensors"))) {
      return Safetensors.read(in).tensors();
    }
  }

  static Path resource(String name) {
    return Path.of(ForeignFeaturesTest.class.getResource(name).getPath());
  }

  @ParameterizedTest
  @ValueSource(ints = {32, 48, 24})
  void featuresAreThoseOfPyTorchAtTheTrainedSizeAndAtOthers(int size) throws IOException {
    EncoderModel model = EncoderModel.of(TIMM.toString(), new Configuration()).at(size);
    Map<String, INDArray> expected = expected();
    INDArray positions = model.weights().get("pos_embed");
    assertThat(largestDifference(positions, expected.get("positions" + size))).isLessThan(1e-5);
    INDArray patches = expected.get("patches" + size);
    byte[] bytes = new byte[(int) patches.length()];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) patches.data().getInt(i);
    }
    try (MaeEncoder encoder = MaeEncoder.of(model.config(), model.weights())) {
      INDArray tokens = encoder.encode(bytes, 2);
      assertThat(largestDifference(tokens, expected.get("tokens" + size))).isLessThan(1e-4);
    }
  }

  @Test
  void theGeometryIsReadFromTheShapes() throws IOException {
    try (ForeignWeights foreign = ForeignWeights.open(TIMM.toString(), new Configuration())) {
      assertThat(foreign.ignored()).containsExactlyInAnyOrder("head.bias", "head.weight");
      assertThat(foreign.hasDecoder()).isFalse();
      var config = foreign.description().config();
      assertThat(config.imageSize()).isEqualTo(32);
      assertThat(config.patchSize()).isEqualTo(8);
      assertThat(config.channels()).isEqualTo(3);
      assertThat(config.encoder().depth()).isEqualTo(2);
      assertThat(config.encoder().numHeads()).isEqualTo(2);
      assertThat(config.mlpRatio()).isEqualTo(4, within(1e-12));
    }
  }

  private static double largestDifference(INDArray a, INDArray b) {
    assertThat(a.shape()).isEqualTo(b.shape());
    return a.sub(b).amaxNumber().doubleValue();
  }
}
