package io.sparkmae.data.prepare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.sparkmae.data.KeyRange;
import io.sparkmae.data.image.Box;
import io.sparkmae.data.image.EncodedImage;
import io.sparkmae.data.image.Framing;
import io.sparkmae.data.image.ImageDecoder;
import io.sparkmae.data.image.PillowFiles;
import io.sparkmae.data.image.PixelFormat;
import io.sparkmae.data.image.PixelSums;
import io.sparkmae.data.image.RejectReason;
import io.sparkmae.data.image.Resampler;
import io.sparkmae.data.image.RgbImage;
import io.sparkmae.data.image.TestImages;
import io.sparkmae.data.image.Undecodable;
import io.sparkmae.data.layout.OddFiles;
import io.sparkmae.data.layout.Sample;
import io.sparkmae.data.storage.ColumnNames;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ScreeningTest {
  private static final Sample LARGE =
      Sample.image("large", TestImages.encoded(1, 300, 200, "png"), 3);

  @Test
  void keepsTheOriginalBytes() {
    assertThat(screening(0, 92).screen(LARGE)).extracting(Sample::bytes).isSameAs(LARGE.bytes());
  }

  @Test
  void anImageThatNoJpegCanHoldIsOneReject() {
    Sample tall = Sample.image("tall", TestImages.encoded(1, 12, 90_000, "png"), 3);

    assertThat(screening(10, 92).screen(tall))
        .extracting(Sample::reason)
        .isEqualTo(RejectReason.TOO_LARGE);
  }

  @Test
  void shrinksToTheShortSide() throws Undecodable {
    Sample small = screening(100, 92).screen(LARGE);

    EncodedImage image = EncodedImage.of(small.bytes());
    assertThat(image.format()).isEqualTo(EncodedImage.Format.JPEG);
    assertThat(image.width()).isEqualTo(150);
    assertThat(image.height()).isEqualTo(100);
    assertThat(small.key()).isEqualTo("large");
    assertThat(small.label()).isEqualTo(3);
  }

  @Test
  void shrunkPixelsResembleTheOriginals() throws Undecodable {
    var decoder = new ImageDecoder();
    RgbImage before = decoder.decode(EncodedImage.of(OddFiles.bytes("05-png-named.JPEG")));
    Sample small =
        screening(120, 95).screen(Sample.image("", OddFiles.bytes("05-png-named.JPEG"), -1));
    RgbImage after = new ImageDecoder().decode(EncodedImage.of(small.bytes()));
    byte[] expected = new byte[160 * 120 * 3];
    Box whole = Box.whole(before.width(), before.height());
    new Resampler()
        .resize(before, whole, new Framing(whole, 160, 120, Box.whole(160, 120), false), expected);

    double sum = 0;
    for (int i = 0; i < expected.length; i++) {
      sum += Math.abs((expected[i] & 0xff) - (after.rgb()[i] & 0xff));
    }
    assertThat(sum / expected.length).isLessThan(4);
  }

  @Test
  void neverEnlarges() {
    assertThat(screening(200, 92).screen(LARGE)).extracting(Sample::bytes).isSameAs(LARGE.bytes());
    assertThat(screening(201, 92).screen(LARGE)).extracting(Sample::bytes).isSameAs(LARGE.bytes());
  }

  @Test
  void rejectsWithReasonAndDetail() {
    Sample reject = screening(0, 92).screen(Sample.image("empty", new byte[0], 1));
    assertThat(reject.isReject()).isTrue();
    assertThat(reject.reason()).isEqualTo(RejectReason.EMPTY);
    assertThat(reject.detail()).isEqualTo("no bytes");
  }

  /** Pillow takes the file only when it is told to, and gives 640 x 480 with a grey rest. */
  @Test
  void aTruncatedImageIsKeptIfMoreThanHalfOfItsRowsAreThere() {
    Sample cut = Sample.image("cut", OddFiles.bytes("06-truncated-60pct.jpg"), 1);

    assertThat(screening(0, 92).screen(cut).isImage()).isTrue();
    Sample reject = screening(0.75).screen(cut);
    assertThat(reject.reason()).isEqualTo(RejectReason.TRUNCATED);
    assertThat(reject.detail()).matches("(2|3)\\d\\d of 480 rows are there");
    assertThat(screening(1).screen(cut).reason()).isEqualTo(RejectReason.TRUNCATED);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"01-baseline-420.jpg", "04-gray.jpg", "05-png-named.JPEG", "09-progressive.jpg"})
  void theRowsOfACutFileAreCounted(String name) throws Undecodable {
    byte[] whole = OddFiles.bytes(name);
    int before = -1;
    for (double share : new double[] {0.3, 0.5, 0.7, 0.9, 0.97}) {
      EncodedImage cut = EncodedImage.of(Arrays.copyOf(whole, (int) (whole.length * share)));
      assertThat(cut.truncated()).isTrue();
      var decoder = new ImageDecoder();
      int rows = decoder.rowsThere(cut);
      assertThat(rows).isBetween(Math.max(0, before), 240);
      before = rows;
    }
    assertThat(before).isGreaterThan(180);
  }

  @Test
  void sumsOfThePixelsGiveMeanAndDeviation() throws Undecodable {
    long[] sums = screening(0, 92).screen(LARGE).pixels();
    byte[] rgb = new ImageDecoder().decode(EncodedImage.of(LARGE.bytes())).rgb();
    for (int c = 0; c < 3; c++) {
      double sum = 0;
      double squares = 0;
      for (int i = c; i < 300 * 200 * 3; i += 3) {
        double value = (rgb[i] & 0xff) / 255.0;
        sum += value;
        squares += value * value;
      }
      double mean = sum / 60_000;
      assertThat(PixelSums.mean(sums).get(c)).isCloseTo(mean, within(1e-12));
      assertThat(PixelSums.deviation(sums).get(c))
          .isCloseTo(Math.sqrt(squares / 60_000 - mean * mean), within(1e-9));
    }
  }

  /** An image that is turned is stored as a JPEG of the upright pixels; others keep their bytes. */
  @ParameterizedTest
  @ValueSource(strings = {"orientation-6.jpg", "orientation-5.png", "orientation-8.webp"})
  void storesUprightPixels(String name) throws IOException, Undecodable {
    Sample turned = Sample.image(name, PillowFiles.files().get(name), 1);
    var settings =
        new PrepareSettings(
            List.of("in"),
            "out",
            "auto",
            0,
            100,
            0,
            0.5,
            false,
            true,
            KeyRange.ALL,
            ColumnNames.FOUND,
            null,
            PixelFormat.RGB);
    Sample stored = new Screening(settings).screen(turned);

    assertThat(stored.isOriented()).isTrue();
    RgbImage expected = new ImageDecoder().upright(EncodedImage.of(turned.bytes()));
    RgbImage is = new ImageDecoder().decode(EncodedImage.of(stored.bytes()));
    assertThat(is.width()).isEqualTo(23).isEqualTo(expected.width());
    assertThat(stored.pixels()).isEqualTo(PixelSums.of(expected));
    assertThat(PixelSums.mean(PixelSums.of(is)).get(0))
        .isCloseTo(PixelSums.mean(stored.pixels()).get(0), within(0.01));
    assertThat(screening(0, 92).screen(turned)).extracting(Sample::bytes).isSameAs(turned.bytes());
    assertThat(screening(0, 92).screen(turned).isOriented()).isTrue();
    assertThat(new Screening(settings).screen(LARGE).bytes()).isSameAs(LARGE.bytes());
  }

  private static Screening screening(double leastRows) {
    return new Screening(
        new PrepareSettings(
            List.of("in"),
            "out",
            "auto",
            0,
            92,
            0,
            leastRows,
            false,
            false,
            KeyRange.ALL,
            ColumnNames.FOUND,
            null,
            PixelFormat.RGB));
  }

  private static Screening screening(int shortSide, int quality) {
    return new Screening(new PrepareSettings(List.of("in"), "out", "auto", shortSide, quality, 0));
  }
}
