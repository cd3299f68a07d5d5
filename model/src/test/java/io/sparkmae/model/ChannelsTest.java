package io.sparkmae.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sparkmae.model.config.Engine;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Normalisation;
import io.sparkmae.model.config.Pixels;
import io.sparkmae.model.config.Precision;
import io.sparkmae.model.config.Tower;
import io.sparkmae.model.file.Safetensors;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/** Models of other than three channels, against numbers that PyTorch computed. */
class ChannelsTest {

  private static final MaeConfig RGB =
      new MaeConfig(16, 8, 3, new Tower(24, 1, 2), new Tower(16, 1, 2), 4, 1e-6, 0.5, false);

  private static Safetensors golden(String name) throws IOException {
    try (var in = ChannelsTest.class.getResourceAsStream(name + ".safetensors")) {
      return Safetensors.read(in);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "mae_1_channel, GRAPH, FP32",
    "mae_4_channels, GRAPH, FP32",
    "mae_1_channel, ONEDNN, FP32",
    "mae_4_channels, ONEDNN, FP32",
    "mae_1_channel, ONEDNN, BF16",
    "mae_4_channels, ONEDNN, BF16",
    "mae_1_channel, CUDA, FP32",
    "mae_4_channels, CUDA, FP32"
  })
  void agreesWithPyTorch(String name, Engine engine, Precision precision) throws Exception {
    assumeTrue(EngineTest.runs(engine, precision) || precision == Precision.BF16);
    Conformance conformance = Conformance.of(golden(name), engine, precision);
    assertThat(conformance.passed()).as(conformance.toString()).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "mae_1_channel, GRAPH",
    "mae_4_channels, GRAPH",
    "mae_1_channel, ONEDNN",
    "mae_4_channels, ONEDNN"
  })
  void featuresOfAllPatchesAgreeWithPyTorch(String name, Engine engine) throws Exception {
    Safetensors file = golden(name);
    Map<String, INDArray> weights = new LinkedHashMap<>();
    file.tensors().forEach((key, value) -> weights.put(key.replaceFirst("^param\\.", ""), value));
    try (MaeEncoder encoder = MaeEncoder.of(new Golden(file).config(), weights, engine)) {
      INDArray tokens = encoder.encode(file.tensors().get("patches"));
      assertThat(Conformance.relative(tokens, file.tensors().get("tokens"))).isLessThan(1e-5);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"GRAPH", "ONEDNN"})
  void equalColoursTrainTheSameBitsAsRgb(Engine engine) {
    byte[] patches = patches(2 * RGB.tokens() * RGB.patchLength());
    long[] seeds = {1, 2};
    Normalisation imageNet = Normalisation.IMAGENET;
    Normalisation wide = new Normalisation(65535, imageNet.mean(), imageNet.deviation());
    MultiDataSet numbers = MaeBatch.of(RGB, wide, widened(patches), seeds);
    assertThat(numbers.getLabels(0).dataType()).isEqualTo(DataType.FLOAT);
    assertThat(trained(engine, numbers))
        .isEqualTo(trained(engine, MaeBatch.of(RGB, patches, seeds)));
  }

  private static String trained(Engine engine, MultiDataSet batch) {
    MaeGraph graph = EngineTest.graph(RGB, EngineTest.adamW(), engine, Precision.FP32);
    graph.fit(batch);
    graph.fit(batch);
    String sha = graph.paramsSha256();
    graph.closeEngine();
    return sha;
  }

  @Test
  void wideValuesAreTheSameNumbersAsBytes() {
    MaeConfig config = RGB.withGeometry(16, 8, 4);
    List<Double> mean = List.of(0.1, 0.2, 0.5, 0.9);
    List<Double> deviation = List.of(0.3, 0.1, 1.0, 0.01);
    byte[] bytes = patches(config.tokens() * config.patchLength());
    INDArray narrow = Pixels.of(bytes, 1, config, new Normalisation(255, mean, deviation));
    INDArray same = Pixels.of(widened(bytes), 1, config, new Normalisation(65535, mean, deviation));
    assertThat(same).isEqualTo(narrow);
    assertThat(narrow.getDouble(0, 0, 1))
        .isCloseTo(((bytes[1] & 0xff) / 255.0 - 0.2) / 0.1, within(1e-6));
  }

  @Test
  void theLowerByteComesFirst() {
    MaeConfig config = RGB.withGeometry(16, 8, 1);
    byte[] patches = new byte[2 * config.tokens() * config.patchLength()];
    patches[0] = 1;
    patches[3] = 2;
    INDArray numbers =
        Pixels.of(patches, 1, config, new Normalisation(65535, List.of(0.0), List.of(1.0)));
    assertThat(numbers.getDouble(0, 0, 0)).isCloseTo(1 / 65535.0, within(1e-9));
    assertThat(numbers.getDouble(0, 0, 1)).isCloseTo(512 / 65535.0, within(1e-9));
  }

  @Test
  void refusesPatchesOfOtherChannelsOrTypes() {
    MaeConfig config = RGB.withGeometry(16, 8, 2);
    var two = new Normalisation(65535, List.of(0.5, 0.5), List.of(0.5, 0.5));
    assertThatThrownBy(() -> Pixels.of(new byte[512], 1, config, two))
        .hasMessage(
            "Invalid patches: 512 bytes of 2 channels (1 images of 16 pixels in 2 channels are 1024)");
    assertThatThrownBy(() -> new Normalisation(255, List.of(0.5), List.of(0.0)))
        .hasMessageContaining("deviations positive");
    assertThatThrownBy(() -> new Normalisation(4095, List.of(0.5), List.of(1.0)))
        .hasMessage("Invalid largest: 4095 (must be 255 or 65535)");
  }

  /** Returns 257 times each byte, as values of two bytes. */
  private static byte[] widened(byte[] bytes) {
    byte[] wide = new byte[2 * bytes.length];
    for (int i = 0; i < wide.length; i++) {
      wide[i] = bytes[i / 2];
    }
    return wide;
  }

  private static byte[] patches(int length) {
    byte[] patches = new byte[length];
    new Random(7).nextBytes(patches);
    return patches;
  }
}
