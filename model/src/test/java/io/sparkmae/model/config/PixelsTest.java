package io.sparkmae.model.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.sparkmae.model.PatchStatistics;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class PixelsTest {

  private final MaeConfig config = MaeConfig.preset("mae_vit_tiny_patch16").withGeometry(16, 8, 3);

  private byte[] everyByte() {
    byte[] patches = new byte[2 * config.tokens() * config.patchLength()];
    for (int i = 0; i < patches.length; i++) {
      patches[i] = (byte) (i * 7);
    }
    return patches;
  }

  private INDArray normalised(byte[] patches, int batch) {
    return Pixels.normalise(Pixels.bytes(patches, batch, config), 3);
  }

  @Test
  void normalisesEachChannelByImageNetsMeanAndDeviation() {
    byte[] patches = new byte[4 * config.patchLength()];
    patches[1] = (byte) 255;
    INDArray normalised = normalised(patches, 1);
    assertThat(normalised.getDouble(0, 0, 0)).isCloseTo(-0.485 / 0.229, within(1e-6));
    assertThat(normalised.getDouble(0, 0, 1)).isCloseTo((1 - 0.456) / 0.224, within(1e-6));
  }

  @Test
  void theWayBackGivesTheSameBytes() {
    byte[] patches = everyByte();
    assertThat(Pixels.toBytes(normalised(patches, 2), 3)).isEqualTo(patches);
  }

  @Test
  void refusesPatchesOfAnotherGeometry() {
    assertThatThrownBy(() -> Pixels.bytes(new byte[10], 1, config))
        .hasMessage("Invalid patches: 10 bytes (1 images of 16 pixels in 3 channels are 768)");
  }

  @Test
  void denormalisingUndoesNormPix() {
    INDArray patches = normalised(everyByte(), 2).castTo(DataType.DOUBLE);
    PatchStatistics statistics = PatchStatistics.of(patches);
    INDArray back = statistics.denormalise(statistics.normalise(patches));
    assertThat(back.sub(patches).amaxNumber().doubleValue()).isLessThan(1e-12);
  }

  @Test
  void aConstantPatchNormalisesToZero() {
    INDArray constant = Nd4j.valueArrayOf(new long[] {1, 2, 12}, 0.7, DataType.DOUBLE);
    assertThat(PatchStatistics.of(constant).normalise(constant).amaxNumber().doubleValue())
        .isLessThan(1e-9);
  }
}
