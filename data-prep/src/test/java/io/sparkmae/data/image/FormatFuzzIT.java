package io.sparkmae.data.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Ten thousand mutations of each format are decoded or refused, soon, in this process. */
class FormatFuzzIT {
  private static final int MUTATIONS = 10_000;
  private static final Duration LIMIT = Duration.ofMinutes(3);

  @ParameterizedTest
  @ValueSource(strings = {"jpg", "webp", "gif", "bmp", "tif", "png"})
  void mutationsAreDecodedOrRefused(String suffix) throws IOException {
    List<byte[]> originals =
        PillowFiles.files().entrySet().stream()
            .filter(file -> file.getKey().endsWith("." + suffix))
            .map(Map.Entry::getValue)
            .toList();
    var outcomes = new int[2];
    Assertions.assertTimeoutPreemptively(
        LIMIT,
        () -> {
          try (var decoder = new ImageDecoder()) {
            for (int i = 0; i < MUTATIONS; i++) {
              byte[] mutated = Mutation.of(originals.get(i % originals.size()), i);
              outcomes[isDecoded(decoder, mutated) ? 0 : 1]++;
            }
          }
        });
    assertThat(outcomes[0]).isGreaterThan(MUTATIONS / 20);
    assertThat(outcomes[1]).isGreaterThan(MUTATIONS / 20);
  }

  private static boolean isDecoded(ImageDecoder decoder, byte[] bytes) {
    try {
      EncodedImage image = EncodedImage.of(bytes);
      if (image.truncated()) {
        decoder.rowsThere(image);
      }
      RgbImage upright = decoder.upright(image);
      assertThat(upright.width() * upright.height()).isEqualTo(image.width() * image.height());
      return true;
    } catch (Undecodable e) {
      assertThat(e.getMessage()).isNotBlank();
      return false;
    }
  }
}
