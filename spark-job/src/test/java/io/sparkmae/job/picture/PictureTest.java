package io.sparkmae.job.picture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;
import static org.assertj.core.api.Assertions.within;

import io.sparkmae.job.picture.Sweep.Column;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.MaskSampling;
import io.sparkmae.model.config.Tower;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
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
  void otherMasksAreNamed() {
    MaeConfig grid = CONFIG.withMaskSampling(MaskSampling.GRID);
    assertThat(Picture.sampling(CONFIG)).isEmpty();
    assertThat(Picture.sampling(grid)).isEqualTo(", grid");
  }

  @Test
  void aSweepHasAColumnForEachRatioAndTwoRowsForEachImage() {
    Reconstruction more = new Reconstruction(patches(0x10), new double[] {1, 1, 0, 0}, patches(9));
    List<Column> columns =
        List.of(new Column(0.25, List.of(IMAGE)), new Column(0.5, List.of(more)));
    BufferedImage picture = Sweep.draw(columns, CONFIG, "model");
    int y = 2 * Picture.GAP + Lettering.HEIGHT;
    int below = y + 128 + Picture.GAP;
    assertThat(picture.getWidth()).isEqualTo(4 * Picture.GAP + 3 * 128);
    assertThat(pixel(picture, 0, y)).isEqualTo(0x101010);
    assertThat(pixel(picture, 1, y)).isEqualTo(0x808080);
    assertThat(pixel(picture, 0, below)).isEqualTo(WHITE);
    assertThat(pixel(picture, 1, below)).isEqualTo(0x303030);
    assertThat(pixel(picture, 2, below)).isEqualTo(0x090909);
    assertThat(pixel(picture, 2, below + 64)).isEqualTo(0x101010);
    assertThat(columns.get(0).label()).isEqualTo("mask 0.25, 18.0 dB");
  }

  @Test
  void attentionIsDrawnFromZeroToThePatchThatGetsMost() {
    double[][] heads = {{0.2, 0, 0.4, 0, 0.4}, {0.8, 0, 0.2, 0, 0}};
    AttentionPicture.Row row = new AttentionPicture.Row(patches(0x40), heads);
    MaeConfig twoHeads = CONFIG.withTowers(new Tower(8, 1, 2), new Tower(4, 1, 1));
    BufferedImage picture = AttentionPicture.draw(List.of(row), twoHeads, "model", true);
    int y = 2 * Picture.GAP + Lettering.HEIGHT; // pixel() is in the second patch, 64 lower the last
    assertThat(row.mean()).containsExactly(new double[] {0, 0.3, 0, 0.2}, within(1e-12));
    assertThat(picture.getWidth()).isEqualTo(6 * Picture.GAP + 5 * 128);
    assertThat(pixel(picture, 0, y)).isEqualTo(0x404040);
    assertThat(pixel(picture, 1, y)).isEqualTo(AttentionPicture.colour(1));
    assertThat(pixel(picture, 1, y + 64)).isEqualTo(AttentionPicture.colour(2 / 3.0));
    assertThat(pixel(picture, 2, y)).isEqualTo(0x404040);
    assertThat(pixel(picture, 2, y + 64)).isLessThan(0x404040);
    assertThat(pixel(picture, 3, y + 64)).isEqualTo(AttentionPicture.colour(1));
    assertThat(pixel(picture, 4, y + 64)).isEqualTo(AttentionPicture.colour(0));
    assertThat(AttentionPicture.draw(List.of(row), twoHeads, "model", false).getWidth())
        .isEqualTo(4 * Picture.GAP + 3 * 128);
  }

  @Test
  void aConfusionMatrixHasNamesAndPercents() {
    double[][] shares = {{1, 0}, {0.25, 0.75}};
    BufferedImage picture = ConfusionPicture.draw(List.of("ant", "bee"), shares, "all 2 classes");
    int margin = 3 * Lettering.ADVANCE * 2 + 2 * Picture.GAP;
    int top = Lettering.HEIGHT + Picture.GAP + margin;
    assertThat(picture.getRGB(margin + 1, top + 1) & WHITE).isEqualTo(ConfusionPicture.colour(1));
    assertThat(picture.getRGB(margin + 41, top + 1) & WHITE).isEqualTo(ConfusionPicture.colour(0));
    assertThat(inks(picture, 0, margin, top, top + 40)).isTrue(); // a row's name
    assertThat(inks(picture, margin, margin + 40, Picture.GAP + Lettering.HEIGHT, top)).isTrue();
    assertThat(inks(picture, margin, margin + 39, top + 40, top + 79)).isTrue(); // 25
    assertThat(inks(picture, margin + 40, margin + 79, top, top + 39)).isFalse(); // nothing
  }

  @Test
  void manyClassesFitAPicture() {
    List<String> names =
        IntStream.range(0, 100).mapToObj(i -> "a class with a long name " + i).toList();
    BufferedImage picture = ConfusionPicture.draw(names, new double[100][100], "100 of 1000");
    assertThat(picture.getWidth()).isBetween(1200, 1500);
  }

  private static boolean inks(BufferedImage picture, int left, int right, int top, int bottom) {
    for (int y = top; y < bottom; y++) {
      for (int x = left; x < right; x++) {
        if ((picture.getRGB(x, y) & WHITE) == 0x202020) {
          return true;
        }
      }
    }
    return false;
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
