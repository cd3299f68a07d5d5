package io.sparkmae.job.pixels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkmae.model.config.Normalisation;
import java.util.List;
import org.junit.jupiter.api.Test;

class ShownChannelsTest {

  @Test
  void drawsTheChosenChannelsInTheirOrder() {
    float[] pixels = {-2.5f, 0, 2.5f, 9, -9, 1.25f, -1.25f, 0}; // two of four channels
    byte[] rgb = ShownChannels.of(new int[] {3, 2, 1}, 4).draw(pixels, 4);
    assertThat(rgb)
        .containsExactly((byte) 255, (byte) 255, (byte) 128, (byte) 128, (byte) 64, (byte) 191);
  }

  @Test
  void fewChannelsAreGreyAndMoreTheFirstThree() {
    assertThat(ShownChannels.of(null, 1)).isEqualTo(new ShownChannels(0, 0, 0));
    assertThat(ShownChannels.of(null, 2)).isEqualTo(new ShownChannels(0, 0, 0));
    assertThat(ShownChannels.of(null, 13)).isEqualTo(new ShownChannels(0, 1, 2));
    assertThat(ShownChannels.of(new int[] {12}, 13)).isEqualTo(new ShownChannels(12, 12, 12));
  }

  @Test
  void valuesAreDrawnAsTheirNumbers() {
    var normalisation = new Normalisation(65535, List.of(0.5, 0.25), List.of(0.1, 0.1));
    byte[] values = {0, 0, 0, 0, (byte) 0xff, (byte) 0xff, (byte) 0xff, 0x3f}; // two pixels
    assertThat(new ShownChannels(0, 1, 1).draw(values, normalisation))
        .containsExactly((byte) 0, (byte) 0, (byte) 0, (byte) 255, (byte) 127, (byte) 127);
  }

  @Test
  void otherNumbersAreRefused() {
    for (int[] wrong : new int[][] {{0, 1}, {0, 1, 4}, {-1}, {}, {0, 1, 2, 3}}) {
      assertThatThrownBy(() -> ShownChannels.of(wrong, 4))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageEndingWith("(must be three numbers, or one, from 0 to 3)");
    }
  }
}
