package io.sparkmae.data.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.sparkmae.data.layout.OddFiles;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ViewTest {
  private static final byte[] IMAGE = OddFiles.bytes("01-baseline-420.jpg");

  @ParameterizedTest
  @CsvSource({"1, 1", "2, 1", "32, 32", "2000, 16", "16, 2000", "500, 375", "10000, 10000"})
  void cropLiesInsideTheImage(int width, int height) {
    var view = new RandomCrop(32, 4, 1, 0, 0);
    for (int i = 0; i < 500; i++) {
      Box box = view.framing(width, height, view.sampleSeed("key " + i)).source();
      assertThat(box.left()).isBetween(0, width - box.width());
      assertThat(box.top()).isBetween(0, height - box.height());
      assertThat(box.width()).isPositive();
      assertThat(box.height()).isPositive();
    }
  }

  @Test
  void cropKeepsToItsRange() {
    var view = new RandomCrop(32, 4, 1, 0, 0);
    double area = 0;
    for (int i = 0; i < 2000; i++) {
      Box box = view.framing(1000, 1000, view.sampleSeed("key " + i)).source();
      assertThat((double) box.width() / box.height()).isBetween(0.748, 1.337);
      assertThat(box.width() * box.height()).isBetween(199_000, 1_000_000);
      area += box.width() * box.height() / 1e6;
    }
    // Uniform would give 0.6; large crops that do not fit are drawn again.
    assertThat(area / 2000).isCloseTo(0.57, within(0.03));
  }

  @Test
  void tooWideAnImageGivesItsCentre() {
    Box box = new RandomCrop(32, 4, 1, 0, 0).framing(2000, 16, 5).source();
    assertThat(box).isEqualTo(new Box(989, 0, 21, 16));
  }

  @Test
  void halfOfTheCropsAreMirrored() {
    var view = new RandomCrop(32, 4, 1, 0, 0);
    int mirrored = 0;
    for (int i = 0; i < 2000; i++) {
      mirrored += view.framing(50, 50, view.sampleSeed("key " + i)).flip() ? 1 : 0;
    }
    assertThat(mirrored).isCloseTo(1000, within(80));
  }

  @Test
  void mirroringSwapsLeftAndRight() {
    var view = new RandomCrop(32, 1, 1, 0, 0, new CropRange(1, 1, 4.0 / 3, 4.0 / 3));
    long straight = seedWith(view, false);
    long mirrored = seedWith(view, true);

    byte[] a = ImagePatches.of(IMAGE, view, straight);
    byte[] b = ImagePatches.of(IMAGE, view, mirrored);

    for (int y = 0; y < 32; y++) {
      for (int x = 0; x < 32; x++) {
        assertThat(b[(y * 32 + x) * 3 + 1]).isEqualTo(a[(y * 32 + 31 - x) * 3 + 1]);
      }
    }
  }

  private static long seedWith(View view, boolean flip) {
    long seed = 0;
    while (view.framing(320, 240, seed).flip() != flip) {
      seed++;
    }
    return seed;
  }

  @Test
  void sameSeedSameBytesOtherEpochOtherBytes() {
    byte[] first = patches(new RandomCrop(32, 4, 1, 0, 0));

    assertThat(patches(new RandomCrop(32, 4, 1, 0, 0))).isEqualTo(first);
    assertThat(patches(new RandomCrop(32, 4, 1, 1, 0))).isNotEqualTo(first);
    assertThat(patches(new RandomCrop(32, 4, 1, 0, 1))).isNotEqualTo(first);
    assertThat(patches(new RandomCrop(32, 4, 2, 0, 0))).isNotEqualTo(first);
  }

  private static byte[] patches(View view) {
    return ImagePatches.of(IMAGE, view, view.sampleSeed("key"));
  }

  /**
   * The checksums are of Pillow's pixels: resize the short side, crop the centre, as torchvision
   * does.
   */
  @ParameterizedTest
  @CsvSource({
    "01-baseline-420.jpg, 224, 2262635082",
    "01-baseline-420.jpg, 32, 2042055222",
    "10-exif-orientation6.jpg, 96, 4251459405",
    "11-one-pixel.jpg, 32, 3476477664",
    "13-palette-alpha.png, 224, 2317258486",
    "21-wide-2000x16.jpg, 32, 1584431229",
    "12-large-4000x3000.jpg, 224, 529136291",
  })
  void centreCropEqualsPillows(String file, int size, long expected) {
    var view = new CentreCrop(size, 1);
    var crc = new CRC32();
    crc.update(ImagePatches.of(OddFiles.bytes(file), view, view.sampleSeed(file)));
    assertThat(crc.getValue()).isEqualTo(expected);
  }

  @Test
  void refusesImpossibleRanges() {
    assertThatThrownBy(() -> new CropRange(0, 1, 1, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Invalid crop scale: 0.0 to 1.0 (must be 0 < low <= high <= 1)");
    assertThatThrownBy(() -> new CropRange(0.2, 1, 2, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Invalid crop ratio: 2.0 to 1.0 (must be 0 < low <= high)");
  }

  @Test
  void undecodableBytesAreBadData() {
    assertThatThrownBy(() -> ImagePatches.of(new byte[0], new CentreCrop(32, 4), 0))
        .isInstanceOf(BadData.class)
        .hasMessage("Cannot decode image: EMPTY, no bytes");
  }

  @Test
  void repeatsAreDecodedOnceAndEqualViewsOfTheirOwn() throws Undecodable {
    List<RandomCrop> views = new RandomCrop(32, 4, 1, 0, 2).repeats(4);
    long[] seeds = views.stream().mapToLong(view -> view.sampleSeed("key")).toArray();
    byte[] batch = new byte[4 * 32 * 32 * 3];
    try (var images = new ImagePatches()) {
      images.write(IMAGE, views, seeds, 0, batch);
    }
    for (int i = 0; i < 4; i++) {
      assertThat(views.get(i).repeat()).isEqualTo(2 + i);
      assertThat(Arrays.copyOfRange(batch, i * 3072, (i + 1) * 3072))
          .isEqualTo(ImagePatches.of(IMAGE, views.get(i), seeds[i]));
    }
  }
}
