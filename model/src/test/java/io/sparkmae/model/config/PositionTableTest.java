package io.sparkmae.model.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.sparkmae.model.file.Safetensors;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;

class PositionTableTest {

  @ParameterizedTest
  @ValueSource(ints = {768, 512})
  void agreesWithTheReference(int dim) throws Exception {
    INDArray expected;
    try (var in = new GZIPInputStream(getClass().getResourceAsStream("pos_embed.safetensors.gz"))) {
      expected = Safetensors.read(in).tensors().get("pos_embed_" + dim + "_14");
    }
    double[] table = PositionTable.of(dim, 14);
    double[] golden = expected.ravel().toDoubleVector();
    assertThat(table).hasSameSizeAs(golden);
    for (int i = 0; i < table.length; i++) {
      assertThat(table[i]).isCloseTo(golden[i], within(1e-7));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {192, 1280})
  void hasUnitCirclesAndAZeroRow(int dim) {
    double[] table = PositionTable.of(dim, 16);
    assertThat(Arrays.copyOf(table, dim)).containsOnly(0);
    double squares = Arrays.stream(table).map(x -> x * x).sum();
    assertThat(squares).isCloseTo(256 * dim / 2.0, within(1e-3));
  }
}
