package io.sparkmae.data.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PatchesTest {
  @ParameterizedTest
  @CsvSource({"4, 2", "6, 6", "32, 4", "48, 16", "5, 1"})
  void unpatchifyUndoesPatchify(int size, int patch) {
    byte[] rgb = TestImages.noise(size * size * 3);

    byte[] patches = Patches.patchify(rgb, size, patch);

    assertThat(Patches.unpatchify(patches, size, patch)).isEqualTo(rgb);
  }

  @Test
  void insideAPatchGoRowsThenColumnsThenChannels() {
    byte[] rgb = new byte[4 * 4 * 3];
    for (int i = 0; i < rgb.length; i++) {
      rgb[i] = (byte) i;
    }

    byte[] patches = Patches.patchify(rgb, 4, 2);

    assertThat(patches).startsWith(0, 1, 2, 3, 4, 5, 12, 13, 14, 15, 16, 17, 6, 7, 8);
    assertThat(patches).endsWith(42, 43, 44, 45, 46, 47);
  }

  @Test
  void refusesASizeThatIsNoMultiple() {
    assertThatThrownBy(() -> Patches.patchify(new byte[225 * 225 * 3], 225, 16))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Cannot split image: size 225 is not a positive multiple of patch 16");
    assertThatThrownBy(() -> new RandomCrop(224, 15, 1, 0, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Cannot split image: size 224 is not a positive multiple of patch 15");
    assertThatThrownBy(() -> Patches.unpatchify(new byte[5], 4, 2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Cannot split image: 5 bytes are not 4 x 4 x 3");
  }
}
