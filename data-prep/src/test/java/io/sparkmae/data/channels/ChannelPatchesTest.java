package io.sparkmae.data.channels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.sparkmae.data.image.Box;
import io.sparkmae.data.image.CentreCrop;
import io.sparkmae.data.image.Framing;
import io.sparkmae.data.image.ImagePatches;
import io.sparkmae.data.image.PatchWriter;
import io.sparkmae.data.image.PixelFormat;
import io.sparkmae.data.image.PixelFormat.Type;
import io.sparkmae.data.image.PixelSums;
import io.sparkmae.data.image.RandomCrop;
import io.sparkmae.data.image.RgbImage;
import io.sparkmae.data.image.Undecodable;
import io.sparkmae.data.image.View;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class ChannelPatchesTest {
  private static final PixelFormat COLOURS = new PixelFormat(3, Type.UINT8);

  private static List<View> views() {
    return List.of(
        new RandomCrop(32, 8, 1, 0, 0),
        new RandomCrop(32, 8, 5, 2, 1),
        new RandomCrop(96, 16, 7, 0, 0), // larger than the image
        new CentreCrop(32, 8),
        new CentreCrop(20, 4));
  }

  @Test
  void threeChannelsHaveThePatchesOfRgb() {
    for (int number = 0; number < 6; number++) {
      ChannelImage image = ChannelFiles.image(number, 50 + 11 * number, 61, COLOURS);
      byte[] png = ChannelFiles.png(image);
      for (View view : views()) {
        long seed = view.sampleSeed("key " + number);
        byte[] rgb = ImagePatches.of(png, view, seed);
        assertThat(ChannelPatches.of(image.npy(), COLOURS, view, seed)).isEqualTo(rgb);
        assertThat(ChannelPatches.of(png, COLOURS, view, seed)).isEqualTo(rgb);
        assertThat(ChannelPatches.of(png, PixelFormat.RGB, view, seed)).isEqualTo(rgb);
      }
    }
  }

  @Test
  void eachChannelIsAsItWouldBeAlone() {
    for (Type type : List.of(Type.UINT8, Type.UINT16)) {
      ChannelImage four = ChannelFiles.image(3, 57, 40, new PixelFormat(4, type));
      PixelFormat one = new PixelFormat(1, type);
      for (View view : views()) {
        byte[] together = ChannelPatches.of(four.npy(), four.format(), view, 9);
        for (int c = 0; c < 4; c++) {
          ChannelImage plane = ChannelFiles.blank(57, 40, one);
          for (int i = 0; i < 57 * 40; i++) {
            plane.put(i, four.value(4 * i + c));
          }
          byte[] alone = ChannelPatches.of(plane.npy(), one, view, 9);
          for (int i = 0; i < alone.length; i++) {
            int size = type.bytes();
            assertThat(together[(i / size * 4 + c) * size + i % size]).isEqualTo(alone[i]);
          }
        }
      }
    }
  }

  @Test
  void wideValuesAreFinerThanBytes() throws Undecodable {
    ChannelImage bytes = ChannelFiles.image(4, 60, 45, new PixelFormat(2, Type.UINT8));
    ChannelImage wide = widened(bytes);
    for (View view : views()) {
      byte[] narrow = ChannelPatches.of(bytes.npy(), bytes.format(), view, 3);
      ChannelImage fine =
          new ChannelImage(
              view.imageSize(),
              view.imageSize(),
              wide.format(),
              ChannelPatches.of(wide.npy(), wide.format(), view, 3));
      for (int i = 0; i < narrow.length; i++) { // each pass rounds to half a level
        assertThat(fine.value(i) / 257.0).isCloseTo(narrow[i] & 0xff, within(1.6));
      }
    }
  }

  @Test
  void withoutResizingWideValuesAreExactlyTheBytes() throws Undecodable {
    ChannelImage bytes = ChannelFiles.image(5, 30, 20, new PixelFormat(3, Type.UINT8));
    ChannelImage wide = widened(bytes);
    Box whole = Box.whole(30, 20);
    var resampler = new ChannelResampler();
    assertThat(resampler.resize(wide, new Framing(whole, 30, 20, whole, false)).values())
        .isEqualTo(wide.values());
    ChannelImage mirrored = resampler.resize(wide, new Framing(whole, 30, 20, whole, true));
    assertThat(mirrored.value(0)).isEqualTo(257 * bytes.value(29 * 3));
  }

  @Test
  void wideSumsDoNotOverflow() throws Undecodable {
    ChannelImage edges = ChannelFiles.blank(64, 64, new PixelFormat(1, Type.UINT16));
    for (int i = 0; i < 64 * 64; i++) {
      edges.put(i, (i % 64 / 3 + i / 64 / 3) % 2 * 65535);
    }
    var framing = new Framing(Box.whole(64, 64), 100, 30, Box.whole(100, 30), false);
    ChannelImage resized = new ChannelResampler().resize(edges, framing);
    int[] values = new int[100 * 30];
    Arrays.setAll(values, resized::value);
    assertThat(Arrays.stream(values).min().getAsInt()).isZero();
    assertThat(Arrays.stream(values).max().getAsInt()).isEqualTo(65535);
    assertThat(Arrays.stream(values).average().getAsDouble()).isCloseTo(32767, within(2000.0));
  }

  @Test
  void severalViewsOfAnImageAreThoseOfEachAlone() throws Undecodable {
    PixelFormat format = new PixelFormat(4, Type.UINT16);
    byte[] npy = ChannelFiles.npy(2, 70, 50, format);
    List<RandomCrop> crops = new RandomCrop(32, 8, 1, 0, 0).repeats(3);
    int length = crops.get(0).tokens() * crops.get(0).patchLength(format);
    byte[] batch = new byte[4 * length];
    try (PatchWriter writer = ChannelPatches.writer(format)) {
      writer.write(npy, crops, new long[] {0, 11, 12, 13}, 1, batch);
    }
    for (int i = 0; i < 3; i++) {
      assertThat(Arrays.copyOfRange(batch, (i + 1) * length, (i + 2) * length))
          .isEqualTo(ChannelPatches.of(npy, format, crops.get(i), 11 + i));
    }
  }

  @Test
  void sumsOfBytesGiveRgbsMeanAndDeviation() throws Undecodable {
    ChannelImage image = ChannelFiles.image(6, 31, 17, COLOURS);
    long[] sums = ChannelSums.of(image);
    long[] rgb = PixelSums.of(new RgbImage(31, 17, image.values()));
    for (int c = 0; c < 3; c++) {
      assertThat(ChannelSums.mean(sums, COLOURS).get(c))
          .isCloseTo(PixelSums.mean(rgb).get(c), within(1e-12));
      assertThat(ChannelSums.deviation(sums, COLOURS).get(c))
          .isCloseTo(PixelSums.deviation(rgb).get(c), within(1e-9));
    }
  }

  @Test
  void sumsHoldTenBillionWideValues() {
    PixelFormat format = new PixelFormat(2, Type.UINT16);
    ChannelImage white = ChannelFiles.blank(100, 100, format);
    ChannelImage black = ChannelFiles.blank(100, 100, format);
    for (int i = 0; i < 100 * 100; i++) {
      white.put(2 * i, 65535);
    }
    long[] all = ChannelSums.none(format);
    long[] pair = ChannelSums.of(white);
    PixelSums.add(pair, ChannelSums.of(black));
    long[] many = Arrays.stream(pair).map(sum -> sum * 1_000_000).toArray();
    PixelSums.add(all, many);
    assertThat(ChannelSums.mean(all, format)).containsExactly(0.5, 0.0);
    assertThat(ChannelSums.deviation(all, format).get(0)).isCloseTo(0.5, within(1e-12));
    assertThat(ChannelSums.deviation(all, format).get(1)).isEqualTo(1); // it can be divided by
    assertThat(ChannelSums.mean(ChannelSums.none(format), format)).isEmpty();
  }

  private static ChannelImage widened(ChannelImage bytes) {
    PixelFormat format = new PixelFormat(bytes.format().channels(), Type.UINT16);
    ChannelImage wide = ChannelFiles.blank(bytes.width(), bytes.height(), format);
    for (int i = 0; i < bytes.values().length; i++) {
      wide.put(i, 257 * bytes.value(i));
    }
    return wide;
  }
}
