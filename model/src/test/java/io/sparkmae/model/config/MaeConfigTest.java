package io.sparkmae.model.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkmae.model.ReferenceNames;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MaeConfigTest {

  private static final MaeConfig BASE = MaeConfig.preset("mae_vit_base_patch16");

  @ParameterizedTest
  @CsvSource({
    "mae_vit_base_patch16, 85647360, 111655680",
    "mae_vit_large_patch16, 303099904, 329239296",
    "mae_vit_huge_patch14, 630435840, 656613964"
  })
  void presetsHaveTheReferencesNumberOfParameters(String name, long encoder, long all) {
    MaeConfig config = MaeConfig.preset(name);
    assertThat(parameters(ReferenceNames.encoder(config))).isEqualTo(encoder);
    assertThat(parameters(ReferenceNames.all(config))).isEqualTo(all);
  }

  private static long parameters(Map<String, long[]> shapes) {
    return shapes.entrySet().stream()
        .filter(entry -> !ReferenceNames.isFixed(entry.getKey()))
        .mapToLong(entry -> Arrays.stream(entry.getValue()).reduce(1, (a, b) -> a * b))
        .sum();
  }

  @Test
  void vitBaseHasTheReferencesTensors() {
    assertThat(ReferenceNames.all(BASE)).hasSize(254);
    assertThat(ReferenceNames.encoder(BASE)).hasSize(150);
    assertThat(ReferenceNames.all(BASE).keySet())
        .startsWith(
            "cls_token", "pos_embed", "mask_token", "decoder_pos_embed", "patch_embed.proj.weight")
        .endsWith(
            "decoder_norm.weight", "decoder_norm.bias", "decoder_pred.weight", "decoder_pred.bias");
  }

  @ParameterizedTest
  @CsvSource({"224, 16, 0.75, 49", "160, 16, 0.8, 19", "160, 16, 0.9, 9", "256, 16, 0.75, 64"})
  void numKeepIsTruncatedInDouble(int imageSize, int patchSize, double maskRatio, int numKeep) {
    MaeConfig config = BASE.withGeometry(imageSize, patchSize, 3).withTask(maskRatio, false);
    assertThat(config.numKeep()).isEqualTo(numKeep);
  }

  @Test
  void badGeometryIsRefusedInOneSentence() {
    assertThatThrownBy(() -> BASE.withGeometry(225, 16, 3))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Invalid imageSize: 225 (must be a multiple of patchSize 16)");
    assertThatThrownBy(() -> new Tower(192, 12, 5))
        .hasMessage("Invalid numHeads: 5 (must divide embedDim 192; choose a divisor)");
    assertThatThrownBy(() -> new Tower(190, 12, 5))
        .hasMessage("Invalid embedDim: 190 (must be a positive multiple of 4)");
    assertThatThrownBy(() -> BASE.withTask(0.999, false))
        .hasMessage(
            "Invalid maskRatio: 0.999 (must keep at least one of the 196 patches; lower it)");
    assertThatThrownBy(() -> BASE.withTask(1.2, false))
        .hasMessage("Invalid maskRatio: 1.2 (must be in (0, 1))");
    assertThatThrownBy(() -> BASE.withTask(0, false))
        .hasMessage("Invalid maskRatio: 0.0 (must be in (0, 1))");
    assertThatThrownBy(() -> BASE.withTask(1, false))
        .hasMessage("Invalid maskRatio: 1.0 (must be in (0, 1))");
    assertThatThrownBy(() -> BASE.withTask(Double.NaN, false))
        .hasMessage("Invalid maskRatio: NaN (must be in (0, 1))");
    assertThatThrownBy(() -> BASE.withTask(1e-18, false))
        .hasMessage(
            "Invalid maskRatio: 1.0E-18 (must remove at least one of the 196 patches; raise it)");
    assertThatThrownBy(() -> MaeConfig.preset("vit"))
        .hasMessageStartingWith("Unknown model: vit (must be one of [mae_vit_base");
  }
}
