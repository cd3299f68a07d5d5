package io.sparkmae.data.augment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.sparkmae.data.image.View.PixelEdit;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Operations beside Pillow's own results in {@code pillow.bin}, and their draws. */
class AugmentTest {

  private static final int SIZE = 24;
  private static final int LENGTH = SIZE * SIZE * 3;
  private static final List<Double> MEAN = List.of(0.485, 0.456, 0.406);
  private static final List<Double> DEVIATION = List.of(0.229, 0.224, 0.225);

  private static byte[] pillows(int index) {
    try (InputStream in = AugmentTest.class.getResourceAsStream("pillow.bin")) {
      byte[] all = in.readAllBytes();
      return Arrays.copyOfRange(all, index * LENGTH, (index + 1) * LENGTH);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] changed(Consumer<Image> operation) {
    byte[] pixels = pillows(0);
    operation.accept(Image.of(pixels, SIZE));
    return pixels;
  }

  private static Arguments of(int index, String name, Consumer<Image> operation) {
    return Arguments.of(index, name, operation);
  }

  static Stream<Arguments> exact() {
    return Stream.of(
        of(1, "auto-contrast", image -> Operation.AUTO_CONTRAST.apply(image, 9, null)),
        of(2, "equalize", image -> Operation.EQUALIZE.apply(image, 9, null)),
        of(3, "invert", image -> Operation.INVERT.apply(image, 9, null)),
        of(4, "posterize", image -> Operation.posterize(image, 2)),
        of(5, "solarize", image -> Operation.solarize(image, 100)),
        of(6, "solarize and add", image -> Operation.SOLARIZE_ADD.apply(image, 8.2, null)),
        of(7, "less colour", image -> Operation.colour(image, 0.3f)),
        of(8, "less contrast", image -> Operation.contrast(image, 0.3f)),
        of(9, "darker", image -> image.blend(0, 0.3f)),
        of(10, "smoother", image -> image.blend(image.smooth(), 0.3f)),
        of(11, "more colour", image -> Operation.colour(image, 1.7f)),
        of(12, "more contrast", image -> Operation.contrast(image, 1.7f)),
        of(13, "brighter", image -> image.blend(0, 1.7f)),
        of(14, "sharper", image -> image.blend(image.smooth(), 1.7f)));
  }

  @ParameterizedTest(name = "{1}")
  @MethodSource("exact")
  void tablesAndBlendsArePillowsToTheByte(int index, String name, Consumer<Image> operation) {
    assertThat(changed(operation)).isEqualTo(pillows(index)).isNotEqualTo(pillows(0));
  }

  static Stream<Arguments> near() {
    return Stream.of(
        of(15, "rotate", image -> Affine.rotate(27, SIZE).apply(image)),
        of(16, "shear x", image -> Affine.shearX(0.25).apply(image)),
        of(17, "shear y", image -> Affine.shearY(-0.25).apply(image)),
        of(18, "translate x", image -> Affine.translate(5.3, 0).apply(image)),
        of(19, "translate y", image -> Affine.translate(0, -4.6).apply(image)));
  }

  @ParameterizedTest(name = "{1}")
  @MethodSource("near")
  void movesArePillowsToOneLevel(int index, String name, Consumer<Image> operation) {
    byte[] got = changed(operation);
    byte[] wanted = pillows(index);
    for (int i = 0; i < LENGTH; i++) {
      assertThat(got[i] & 0xff).isCloseTo(wanted[i] & 0xff, within(1));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 128, 255})
  void aFlatImageSurvivesEveryOperation(int value) {
    byte[] flat = new byte[LENGTH];
    Arrays.fill(flat, (byte) value);
    var augment = new RandAugment(9, 0.5, 2);
    for (long seed = 0; seed < 200; seed++) {
      augment.edit(flat.clone(), SIZE, seed);
    }
  }

  @Test
  void imagesOfOneOrFourChannelsAreAugmentedToo() {
    var augment = new RandAugment(9, 0.5, 2);
    for (long seed = 0; seed < 200; seed++) {
      augment.edit(new byte[SIZE * SIZE], SIZE, seed);
      augment.edit(new byte[SIZE * SIZE * 4], SIZE, seed);
    }
  }

  @Test
  void theSeedDecidesAllDraws() {
    for (PixelEdit edit :
        List.of(new RandAugment(9, 0.5, 2), new RandomErasing(1, MEAN, DEVIATION))) {
      byte[][] results = new byte[40][];
      for (int seed = 0; seed < 40; seed++) {
        results[seed] = edited(edit, seed);
        assertThat(edited(edit, seed)).isEqualTo(results[seed]);
      }
      assertThat(Arrays.stream(results).map(Arrays::hashCode).distinct().count()).isGreaterThan(20);
    }
  }

  private static byte[] edited(PixelEdit edit, long seed) {
    byte[] pixels = pillows(0);
    edit.edit(pixels, SIZE, seed);
    return pixels;
  }

  @Test
  void aQuarterOfTheImagesLoseARectangleOfTheRightArea() {
    var erasing = new RandomErasing(0.25, MEAN, DEVIATION);
    long erased = 0;
    for (long seed = 0; seed < 2000; seed++) {
      byte[] pixels = edited(erasing, seed);
      byte[] original = pillows(0);
      long changed = IntStream.range(0, LENGTH).filter(i -> pixels[i] != original[i]).count();
      erased += changed > 0 ? 1 : 0;
      assertThat(changed).isLessThanOrEqualTo((long) (LENGTH * 0.36));
    }
    assertThat(erased / 2000.0).isCloseTo(0.25, within(0.03));
  }

  @Test
  void settingsOutOfRangeAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new RandAugment(11, 0.5, 2))
        .withMessageContaining("Invalid RandAugment: magnitude 11.0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new RandomErasing(1.5, MEAN, DEVIATION))
        .withMessage("Invalid probability of random erasing: 1.5 (must be in (0, 1])");
  }
}
