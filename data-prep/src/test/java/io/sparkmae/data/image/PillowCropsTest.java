package io.sparkmae.data.image;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkmae.data.layout.OddFiles;
import io.sparkmae.data.layout.OddFiles.Crop;
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
      Map.of("20-corrupt-entropy.jpg", "the damaged pixels are the JPEG library's choice");

  private final ImageDecoder decoder = new ImageDecoder();
  private final Resampler resampler = new Resampler();

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

    assertThat(largestDifference(resize(image, crop.box(), crop.size()), crop.pixels())).isZero();
  }

  @ParameterizedTest
  @MethodSource("comparableCrops")
  void decodingOnlyTheCropGivesTheSamePixels(Crop crop) throws Undecodable {
    EncodedImage encoded = EncodedImage.of(OddFiles.bytes(crop.file()));
    RgbImage part = decoder.decode(encoded, crop.box());
    Box whole = Box.whole(part.width(), part.height());

    assertThat(largestDifference(resize(part, whole, crop.size()), crop.pixels())).isZero();
  }

  @Test
  void comparesMostFiles() throws IOException {
    assertThat(comparableCrops().map(Crop::file).distinct()).hasSizeGreaterThanOrEqualTo(12);
  }

  private byte[] resize(RgbImage image, Box source, int size) {
    Box window = Box.whole(size, size);
    byte[] out = new byte[size * size * 3];
    resampler.resize(image, source, new Framing(source, size, size, window, false), out);
    return out;
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
