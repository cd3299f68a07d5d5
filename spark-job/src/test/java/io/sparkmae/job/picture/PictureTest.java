package io.sparkmae.job.picture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import io.sparkmae.model.config.MaeConfig;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;

class PictureTest {

  private static final int WHITE = 0xffffff;

  // Two by two patches of 16 pixels; the second is removed.
  private static final MaeConfig CONFIG =
      MaeConfig.preset("mae_vit_tiny_patch16").withGeometry(32, 16, 3).withTask(0.25, false);
  private static final Reconstruction IMAGE =
      new Reconstruction(patches(0x10), new double[] {0, 1, 0, 0}, patches(0x30));

  @Test
  void rowIsOriginalMaskedReconstructionAndPasted() {
    BufferedImage picture = Picture.draw(List.of(IMAGE), CONFIG, "model");
    int y = 2 * Picture.GAP + Lettering.HEIGHT;
    assertThat(pixel(picture, 0, y)).isEqualTo(0x101010);
    assertThat(pixel(picture, 1, y)).isEqualTo(0x808080);
    assertThat(pixel(picture, 2, y)).isEqualTo(0x303030);
    assertThat(pixel(picture, 3, y)).isEqualTo(0x303030);
    int below = y + 64;
    assertThat(pixel(picture, 1, below)).isEqualTo(0x101010);
    assertThat(pixel(picture, 3, below)).isEqualTo(0x101010);
  }

  @Test
  void smallImagesAreEnlargedToARow() {
    BufferedImage picture = Picture.draw(List.of(IMAGE, IMAGE), CONFIG, "model");
    assertThat(picture.getWidth()).isEqualTo(5 * Picture.GAP + 4 * 128);
    assertThat(picture.getHeight()).isGreaterThan(2 * 128);
  }

  @Test
  void headerAndFooterHaveInk() {
    BufferedImage picture = Picture.draw(List.of(IMAGE), CONFIG, "model");
    assertThat(hasInk(picture, 0, Picture.GAP + Lettering.HEIGHT)).isTrue();
    assertThat(
            hasInk(
                picture, picture.getHeight() - Picture.GAP - Lettering.HEIGHT, picture.getHeight()))
        .isTrue();
  }

  @Test
  void normPixModelsSaySo() {
    BufferedImage plain = Picture.draw(List.of(IMAGE), CONFIG, "model");
    BufferedImage normalised = Picture.draw(List.of(IMAGE), CONFIG.withTask(0.25, true), "model");
    assertThat(normalised.getHeight())
        .isEqualTo(plain.getHeight() + Lettering.HEIGHT + Picture.GAP);
  }

  @Test
  void fileIsPng() throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Picture.write(List.of(IMAGE), CONFIG, "model", out);
    BufferedImage read = ImageIO.read(new ByteArrayInputStream(out.toByteArray()));
    assertThat(read.getWidth()).isEqualTo(5 * Picture.GAP + 4 * 128);
  }

  @Test
  void psnrCountsRemovedPatchesAlone() {
    assertThat(Reconstruction.psnr(List.of(IMAGE)))
        .isCloseTo(20 * Math.log10(255 / 32.0), offset(1e-9));
    Reconstruction perfect = new Reconstruction(patches(7), new double[] {1, 1, 0, 0}, patches(7));
    assertThat(Reconstruction.psnr(List.of(perfect))).isInfinite();
  }

  private static int pixel(BufferedImage picture, int column, int y) {
    return picture.getRGB(Picture.GAP + column * (128 + Picture.GAP) + 64, y) & WHITE;
  }

  private static boolean hasInk(BufferedImage picture, int from, int to) {
    for (int y = from; y < to; y++) {
      for (int x = 0; x < picture.getWidth(); x++) {
        if ((picture.getRGB(x, y) & WHITE) != WHITE) {
          return true;
        }
      }
    }
    return false;
  }

  private static byte[] patches(int value) {
    byte[] patches = new byte[32 * 32 * 3];
    Arrays.fill(patches, (byte) value);
    return patches;
  }
}
