package io.sparkmae.data.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkmae.data.image.codec.Orientation;
import io.sparkmae.data.layout.OddFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ImageDecoderTest {
  private static final Map<String, RejectReason> REFUSED =
      Map.of(
          "08-empty.jpg", RejectReason.EMPTY,
          "17-text.jpg", RejectReason.NOT_AN_IMAGE,
          "18-bomb-60000x60000.jpg", RejectReason.TOO_LARGE);

  private final ImageDecoder decoder = new ImageDecoder();

  static Stream<JsonNode> decodable() throws IOException {
    return OddFiles.expectations().stream()
        .filter(f -> !REFUSED.containsKey(name(f)))
        .filter(f -> !name(f).startsWith("06")); // Pillow's answer is an exception
  }

  static Stream<JsonNode> refused() throws IOException {
    return OddFiles.expectations().stream().filter(f -> REFUSED.containsKey(name(f)));
  }

  @ParameterizedTest
  @MethodSource("decodable")
  void oddImageHasPillowsSizeAndColours(JsonNode file) throws Undecodable {
    assertThat(file.path("expect").asText()).startsWith("decode");

    RgbImage image = decoder.decode(EncodedImage.of(OddFiles.bytes(name(file))));

    assertThat(image.width()).isEqualTo(file.path("width").asInt());
    assertThat(image.height()).isEqualTo(file.path("height").asInt());
    double tolerance = file.path("expect").asText().equals("decode") ? 0.02 : 40;
    for (int c = 0; c < 3; c++) {
      double expected = file.at("/pil/mean_rgb/" + c).asDouble();
      assertThat(mean(image, c)).isCloseTo(expected, within(tolerance));
    }
  }

  @ParameterizedTest
  @MethodSource("refused")
  void oddFileIsRefusedForItsReason(JsonNode file) {
    assertThat(file.path("expect").asText()).endsWith("reject");
    assertThatThrownBy(() -> decoder.decode(EncodedImage.of(OddFiles.bytes(name(file)))))
        .isInstanceOfSatisfying(
            Undecodable.class, e -> assertThat(e.reason()).isEqualTo(REFUSED.get(name(file))));
  }

  @Test
  void profileAndCommentsDoNotTouchThePixels() throws Undecodable {
    byte[] plain = OddFiles.bytes("01-baseline-420.jpg");
    byte[] tagged = new byte[plain.length + 10];
    System.arraycopy(plain, 0, tagged, 0, 2);
    byte[] segment = {(byte) 0xff, (byte) 0xe2, 0, 8, 'I', 'C', 'C', '_', 'P', 'R'};
    System.arraycopy(segment, 0, tagged, 2, 10);
    System.arraycopy(plain, 2, tagged, 12, plain.length - 2);

    assertThat(EncodedImage.of(tagged).bytes()).isEqualTo(EncodedImage.of(plain).bytes());
  }

  @Test
  void withoutMarkersColoursAreDeclaredYcbcr() throws Undecodable {
    byte[] plain = OddFiles.bytes("01-baseline-420.jpg");
    byte[] bare = new byte[plain.length - 18];
    bare[0] = plain[0];
    bare[1] = plain[1];
    System.arraycopy(plain, 20, bare, 2, bare.length - 2); // 18 bytes of JFIF follow the start

    assertThat(EncodedImage.of(bare).bytes()).isEqualTo(EncodedImage.of(plain).bytes());
  }

  @Test
  void damagedExifNeverCostsTheImage() throws IOException, Undecodable {
    for (String name :
        new String[] {"orientation-6.jpg", "orientation-6.png", "orientation-6.webp"}) {
      byte[] whole = PillowFiles.files().get(name);
      assertThat(EncodedImage.of(whole).orientation()).isEqualTo(Orientation.TURN_RIGHT);
      int exif = new String(whole, StandardCharsets.ISO_8859_1).indexOf("MM\0*");
      assertThat(exif).as(name).isPositive();
      for (int at = exif; at < exif + 26; at++) {
        for (int value : new int[] {0, 1, 0x7f, 0x80, 0xff}) {
          byte[] damaged = whole.clone();
          damaged[at] = (byte) value;
          EncodedImage image = EncodedImage.of(damaged);
          assertThat(decoder.upright(image).length()).isEqualTo(17 * 23 * 3);
        }
      }
    }
  }

  @Test
  void cutFilesAreKnownAsSuch() {
    for (String name : new String[] {"01-baseline-420.jpg", "05-png-named.JPEG", "16-rgba.png"}) {
      byte[] whole = OddFiles.bytes(name);
      for (int length = 0; length < whole.length - 64; length += 97) {
        byte[] cut = Arrays.copyOf(whole, length);
        try {
          assertThat(EncodedImage.of(cut).truncated()).as("%s cut to %d", name, length).isTrue();
          decoder.decode(EncodedImage.of(cut));
          assertThat(decoder.rowsThere(EncodedImage.of(cut))).isLessThanOrEqualTo(240);
        } catch (Undecodable e) {
          assertThat(e.reason())
              .isIn(
                  RejectReason.EMPTY,
                  RejectReason.NOT_AN_IMAGE, // not even the first bytes are there
                  RejectReason.TRUNCATED_HEADER,
                  RejectReason.TRUNCATED,
                  RejectReason.CORRUPT);
        }
      }
    }
  }

  @Test
  void aFailureDoesNotSpoilTheNextImage() throws Undecodable {
    byte[] broken = OddFiles.bytes("05-png-named.JPEG");
    Arrays.fill(broken, 100, 400, (byte) 7);
    assertThatThrownBy(() -> decoder.decode(EncodedImage.of(broken)))
        .isInstanceOfSatisfying(
            Undecodable.class, e -> assertThat(e.reason()).isEqualTo(RejectReason.CORRUPT));

    EncodedImage good = EncodedImage.of(OddFiles.bytes("05-png-named.JPEG"));
    assertThat(decoder.decode(good).width()).isEqualTo(320);
  }

  @Test
  void damagedTablesAreCorrupt() throws Undecodable {
    byte[] broken = OddFiles.bytes("01-baseline-420.jpg");
    int table = new String(broken, StandardCharsets.ISO_8859_1).indexOf("\u00ff\u00c4");
    Arrays.fill(broken, table + 5, table + 21, (byte) 0xff);
    assertThatThrownBy(() -> decoder.decode(EncodedImage.of(broken)))
        .isInstanceOfSatisfying(
            Undecodable.class, e -> assertThat(e.reason()).isEqualTo(RejectReason.CORRUPT));

    EncodedImage good = EncodedImage.of(OddFiles.bytes("01-baseline-420.jpg"));
    assertThat(decoder.decode(good).width()).isEqualTo(320);
  }

  private static String name(JsonNode file) {
    return file.path("file").asText();
  }

  private static double mean(RgbImage image, int channel) {
    long sum = 0;
    for (int i = channel; i < image.length(); i += 3) {
      sum += image.rgb()[i] & 0xff;
    }
    return sum * 3.0 / image.length();
  }
}
