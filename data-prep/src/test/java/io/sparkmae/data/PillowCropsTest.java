package io.sparkmae.data;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkmae.data.OddFiles.Crop;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Crop and resize against Pillow's own pixels, to the bit. */
class PillowCropsTest {
  private static final Map<String, String> EXEMPT =
      Map.of(
          "20-corrupt-entropy.jpg", "the damaged pixels are the JPEG library's choice",
          "23-arithmetic.jpg", "refused, because only some Java builds decode it");

  private final ImageDecoder decoder = new ImageDecoder();

  static List<Crop> crops() throws IOException {
    return OddFiles.pillowCrops();
  }

  static Stream<Crop> comparableCrops() throws IOException {
    return crops().stream().filter(crop -> !EXEMPT.containsKey(crop.file()));
  }

  @ParameterizedTest
  @MethodSource("comparableCrops")
  void cropsOfAWholeImageEqualPillows(Crop crop) throws Undecodable {
    RgbImage image = decoder.decode(EncodedImage.of(OddFiles.bytes(crop.file())));
    RgbImage part = cut(image, crop.box());

    assertThat(largestDifference(resize(part, crop.size()), crop.pixels())).isZero();
  }

  @ParameterizedTest
  @MethodSource("comparableCrops")
  void decodingOnlyTheCropGivesTheSamePixels(Crop crop) throws Undecodable {
    EncodedImage encoded = EncodedImage.of(OddFiles.bytes(crop.file()));
    RgbImage part = decoder.decode(encoded, crop.box());

    assertThat(largestDifference(resize(part, crop.size()), crop.pixels())).isZero();
  }

  @Test
  void comparesMostFiles() throws IOException {
    assertThat(comparableCrops().map(Crop::file).distinct()).hasSizeGreaterThanOrEqualTo(12);
  }

  private static byte[] resize(RgbImage image, int size) {
    return Resampler.resize(image, size, size, Box.whole(size, size));
  }

  private static RgbImage cut(RgbImage image, Box box) {
    byte[] rgb = new byte[box.width() * box.height() * 3];
    for (int y = 0; y < box.height(); y++) {
      int from = ((box.top() + y) * image.width() + box.left()) * 3;
      System.arraycopy(image.rgb(), from, rgb, y * box.width() * 3, box.width() * 3);
    }
    return new RgbImage(box.width(), box.height(), rgb);
  }

  private static int largestDifference(byte[] a, byte[] b) {
    assertThat(a).hasSameSizeAs(b);
    int largest = 0;
    for (int i = 0; i < a.length; i++) {
      largest = Math.max(largest, Math.abs((a[i] & 0xff) - (b[i] & 0xff)));
    }
    return largest;
  }
}
