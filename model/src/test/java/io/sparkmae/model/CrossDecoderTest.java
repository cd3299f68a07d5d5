package io.sparkmae.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkmae.model.config.Engine;
import io.sparkmae.model.config.Precision;
import io.sparkmae.model.file.Safetensors;
import java.io.IOException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A decoder of cross-attention. The golden numbers are PyTorch's, of a model written for them from
 * the paper's formulas and computed in fp64: 3 images of 16 pixels, 4 of 16 patches kept, 6 of 12
 * removed ones predicted.
 */
class CrossDecoderTest {

  private static Safetensors golden(String name) throws IOException {
    try (var in = CrossDecoderTest.class.getResourceAsStream(name + ".safetensors")) {
      return Safetensors.read(in);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "mae_cross, GRAPH, FP32",
    "mae_cross_normpix, GRAPH, FP32",
    "mae_cross, ONEDNN, FP32",
    "mae_cross_normpix, ONEDNN, FP32",
    "mae_cross, ONEDNN, BF16",
    "mae_cross_normpix, ONEDNN, BF16"
  })
  void agreesWithPyTorch(String name, Engine engine, Precision precision) throws IOException {
    Conformance conformance = Conformance.of(golden(name), engine, precision);
    assertThat(conformance.passed()).as(conformance.toString()).isTrue();
  }
}
