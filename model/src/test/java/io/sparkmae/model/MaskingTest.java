package io.sparkmae.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkmae.model.file.Safetensors;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;

class MaskingTest {

  @Test
  void agreesWithTheReferenceOnItsNoise() throws Exception {
    Safetensors file;
    try (var in = Conformance.class.getResourceAsStream("golden/mae_tiny_f64.safetensors")) {
      file = Safetensors.read(in);
    }
    INDArray noise = file.tensors().get("noise");
    for (int n = 0; n < noise.rows(); n++) {
      Masking masking = Masking.ofNoise(noise.getRow(n).toDoubleVector(), 4);
      assertThat(masking.idsKeep())
          .isEqualTo(file.tensors().get("ids_keep").getRow(n).toIntVector());
      assertThat(masking.idsRestore())
          .isEqualTo(file.tensors().get("ids_restore").getRow(n).toIntVector());
      assertThat(masking.mask()).isEqualTo(file.tensors().get("mask").getRow(n).toDoubleVector());
    }
  }

  @Test
  void keepsExactlyNumKeepPatches() {
    for (long seed = 0; seed < 50; seed++) {
      Masking masking = Masking.draw(seed, 196, 49);
      assertThat(masking.idsKeep()).hasSize(49).doesNotHaveDuplicates();
      assertThat(Arrays.stream(masking.mask()).sum()).isEqualTo(196 - 49);
      assertThat(Arrays.stream(masking.idsKeep())).allMatch(id -> masking.mask()[id] == 0);
    }
  }

  @Test
  void idsRestoreUndoesTheShuffle() {
    Masking masking = Masking.draw(7, 64, 64);
    int[] restored =
        Arrays.stream(masking.idsRestore()).map(place -> masking.idsKeep()[place]).toArray();
    assertThat(restored).isEqualTo(IntStream.range(0, 64).toArray());
  }

  @Test
  void dependsOnTheSampleSeedAlone() {
    assertThat(Masking.draw(3, 64, 16).idsRestore())
        .isEqualTo(Masking.draw(3, 64, 16).idsRestore());
    assertThat(Masking.draw(3, 64, 16).idsRestore())
        .isNotEqualTo(Masking.draw(4, 64, 16).idsRestore());
  }

  @Test
  void keepsEveryPatchEquallyOften() {
    int[] kept = new int[16];
    for (long seed = 0; seed < 4000; seed++) {
      Arrays.stream(Masking.draw(seed, 16, 4).idsKeep()).forEach(id -> kept[id]++);
    }
    assertThat(Arrays.stream(kept)).allMatch(n -> 880 < n && n < 1120); // 1000 ± 4 deviations
  }
}
