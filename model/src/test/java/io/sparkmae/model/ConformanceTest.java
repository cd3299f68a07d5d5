package io.sparkmae.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sparkmae.model.config.Engine;
import io.sparkmae.model.config.Precision;
import io.sparkmae.model.file.Safetensors;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.factory.Nd4j;

class ConformanceTest {

  @ParameterizedTest
  @CsvSource({
    "mae_tiny, GRAPH, FP32",
    "mae_tiny_normpix, GRAPH, FP32",
    "mae_tiny_f64, GRAPH, FP32",
    "mae_tiny, ONEDNN, FP32",
    "mae_tiny_normpix, ONEDNN, FP32",
    "mae_tiny, ONEDNN, BF16",
    "mae_tiny_normpix, ONEDNN, BF16",
    "mae_tiny, CUDA, FP32",
    "mae_tiny_normpix, CUDA, FP32",
    "mae_tiny, CUDA, TF32",
    "mae_tiny, CUDA, BF16",
    "mae_tiny_normpix, CUDA, BF16"
  })
  void agreesWithTheReference(String name, Engine engine, Precision precision) throws Exception {
    assumeTrue(EngineTest.runs(engine, precision));
    Conformance conformance = Conformance.ofCarried(name, engine, precision);
    assertThat(conformance.passed()).as(conformance.toString()).isTrue();
  }

  @Test
  void aWrongNumberFails() throws Exception {
    Safetensors golden;
    try (var in = Conformance.class.getResourceAsStream("golden/mae_tiny.safetensors")) {
      golden = Safetensors.read(in);
    }
    golden.tensors().get("pred").muli(1.0001);
    Conformance conformance = Conformance.of(golden, Engine.GRAPH, Precision.FP32);
    assertThat(conformance.passed()).isFalse();
    assertThat(conformance.differences().get("pred"))
        .isGreaterThan(conformance.limits().get("pred"));
  }

  @Test
  void aFileWithoutReferenceNumbersIsRefused() {
    Safetensors weights = new Safetensors(Map.of("norm.weight", Nd4j.ones(4)), Map.of());
    assertThatThrownBy(() -> Conformance.of(weights, Engine.GRAPH, Precision.FP32))
        .hasMessageStartingWith("Not a golden file");
  }
}
