package io.sparkmae.job.picture;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkmae.model.config.MaeConfig;
import java.awt.image.BufferedImage;
import org.junit.jupiter.api.Test;

class LetteringTest {

  @Test
  void everyCharacterOfLabelsAndNamesIsThere() {
    String used =
        "original masked reconstruction + visible patches, mask ratio 0.123456789"
            + " un-normalised with the ground truth's mean and deviation"
            + String.join("", MaeConfig.presets());
    assertThat(used.chars().filter(c -> !Lettering.has((char) c)).toArray()).isEmpty();
  }

  @Test
  void everyLetterAndDigitIsThere() {
    for (char c = '0'; c <= 'z'; c++) {
      assertThat(Lettering.has(c))
          .as("%s", c)
          .isEqualTo(Character.isLetterOrDigit(c) || "=?:;_".indexOf(c) >= 0);
    }
  }

  @Test
  void letterIsDrawnAtItsPlaceAndSize() {
    BufferedImage image = new BufferedImage(40, 20, BufferedImage.TYPE_INT_RGB);
    Lettering.draw(image, "IL", 2, 3, 2, 0xff0000);
    int left = 2 + Lettering.ADVANCE * 2;
    assertThat(image.getRGB(left, 3) & 0xffffff).isEqualTo(0xff0000);
    assertThat(image.getRGB(left + 1, 3 + 2 * Lettering.HEIGHT - 1) & 0xffffff).isEqualTo(0xff0000);
    assertThat(image.getRGB(left + 2, 3) & 0xffffff).isZero();
    assertThat(image.getRGB(left, 3 + 2 * Lettering.HEIGHT) & 0xffffff).isZero();
  }
}
