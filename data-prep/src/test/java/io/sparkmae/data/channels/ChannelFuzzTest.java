package io.sparkmae.data.channels;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkmae.data.channels.ChannelFiles.TiffWay;
import io.sparkmae.data.image.PixelFormat;
import io.sparkmae.data.image.PixelFormat.Type;
import io.sparkmae.data.image.SampleSeed;
import io.sparkmae.data.image.SampleSeed.Draws;
import io.sparkmae.data.image.Undecodable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;

/** Ten thousand mutations of each format: an image or a reject, soon, in this heap. */
class ChannelFuzzTest {
  private static final int MUTATIONS = 10_000;
  private static final Duration LIMIT = Duration.ofMinutes(3);
  private static final PixelFormat FORMAT = new PixelFormat(4, Type.UINT16);
  private static final ChannelImage IMAGE = ChannelFiles.image(1, 19, 14, FORMAT);

  @Test
  void mutatedArraysAreReadOrRefused() {
    int[] steps = {19 * 4, 4, 1};
    int[] shape = {14, 19, 4};
    decodeMutations(
        List.of(
            IMAGE.npy(),
            ChannelFiles.npy(IMAGE, ">u2", true, 2, shape, steps),
            ChannelFiles.npy(IMAGE, "<u2", false, 1, shape, steps)),
        100);
  }

  @Test
  void mutatedTiffsAreReadOrRefused() {
    var files = new ArrayList<byte[]>();
    for (int compression : new int[] {1, 5, 8}) {
      for (boolean other : new boolean[] {false, true}) {
        boolean differences = other && compression != 1;
        var way = new TiffWay(other, compression, other, differences, other ? 16 : 0);
        files.add(ChannelFiles.tiff(IMAGE, way));
      }
    }
    decodeMutations(files, 0);
  }

  @Test
  void mutatedPngsAreReadOrRefused() {
    decodeMutations(List.of(ChannelFiles.png(IMAGE)), 60);
  }

  /** Half of the mutations lie in the first {@code header} bytes, or in the last 300 if it is 0. */
  private static void decodeMutations(List<byte[]> files, int header) {
    int[] outcomes = new int[2];
    Assertions.assertTimeoutPreemptively(
        LIMIT,
        () -> {
          try (var decoder = new ChannelDecoder(FORMAT)) {
            for (int i = 0; i < MUTATIONS; i++) {
              byte[] mutated = mutate(files.get(i % files.size()), i, header);
              try {
                ChannelImage image = decoder.decode(mutated);
                assertThat(image.format()).isEqualTo(FORMAT);
                assertThat(image.values().length)
                    .isEqualTo(image.width() * image.height() * FORMAT.bytes());
                outcomes[0]++;
              } catch (Undecodable e) {
                assertThat(e.reason()).isNotNull();
                outcomes[1]++;
              }
            }
          }
        });
    assertThat(outcomes[0]).isGreaterThan(MUTATIONS / 50);
    assertThat(outcomes[1]).isGreaterThan(MUTATIONS / 20);
  }

  private static byte[] mutate(byte[] original, int number, int header) {
    Draws draws = SampleSeed.stream(number, 9);
    byte[] bytes = original.clone();
    for (int n = 1 + draws.below(4); n > 0; n--) {
      boolean near = draws.below(2) == 0;
      int range = near ? Math.min(bytes.length, header == 0 ? 300 : header) : bytes.length;
      int start = near && header == 0 ? bytes.length - range : 0;
      int at = start + draws.below(range);
      switch (draws.below(6)) {
        case 0 -> bytes[at] ^= (byte) (1 << draws.below(8));
        case 1 -> bytes[at] = (byte) draws.bits();
        case 2 -> bytes[at] = (byte) 0xff;
        case 3 -> bytes[at] = (byte) ('0' + draws.below(10)); // digits of a shape
        case 4 ->
            Arrays.fill(
                bytes, at, Math.min(bytes.length, at + draws.below(9)), (byte) draws.bits());
        default -> {
          if (draws.below(4) == 0) {
            bytes = Arrays.copyOf(bytes, 1 + at);
          }
        }
      }
    }
    return bytes;
  }
}
