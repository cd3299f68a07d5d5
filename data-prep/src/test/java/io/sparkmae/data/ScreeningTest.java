package io.sparkmae.data;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ScreeningTest {
  private static final Sample LARGE =
      Sample.image("large", TestImages.encoded(1, 300, 200, "png"), 3);

  @Test
  void keepsTheOriginalBytes() {
    assertThat(new Screening(0, 92).screen(LARGE)).isSameAs(LARGE);
  }

  @Test
  void shrinksToTheShortSide() throws Undecodable {
    Sample small = new Screening(100, 92).screen(LARGE);

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
        new Screening(120, 95).screen(Sample.image("", OddFiles.bytes("05-png-named.JPEG"), -1));
    RgbImage after = decoder.decode(EncodedImage.of(small.bytes()));
    byte[] expected = Resampler.resize(before, 160, 120, Box.whole(160, 120));

    double sum = 0;
    for (int i = 0; i < expected.length; i++) {
      sum += Math.abs((expected[i] & 0xff) - (after.rgb()[i] & 0xff));
    }
    assertThat(sum / expected.length).isLessThan(4);
  }

  @Test
  void neverEnlarges() {
    assertThat(new Screening(200, 92).screen(LARGE)).isSameAs(LARGE);
    assertThat(new Screening(201, 92).screen(LARGE)).isSameAs(LARGE);
  }

  @Test
  void rejectsWithReasonAndDetail() {
    Sample reject = new Screening(0, 92).screen(Sample.image("empty", new byte[0], 1));
    assertThat(reject.isReject()).isTrue();
    assertThat(reject.reason()).isEqualTo(RejectReason.EMPTY);
    assertThat(reject.detail()).isEqualTo("no bytes");
  }
}
