package io.sparkmae.data.channels;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.sparkmae.data.channels.ChannelFiles.TiffWay;
import io.sparkmae.data.image.EncodedImage;
import io.sparkmae.data.image.ImageDecoder;
import io.sparkmae.data.image.PixelFormat;
import io.sparkmae.data.image.PixelFormat.Type;
import io.sparkmae.data.image.RejectReason;
import io.sparkmae.data.image.RgbImage;
import io.sparkmae.data.image.TestImages;
import io.sparkmae.data.image.Undecodable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ChannelDecoderTest {
  private static final int W = 17;
  private static final int H = 13;
  private static final List<Type> TYPES = List.of(Type.UINT8, Type.UINT16);

  private static ChannelImage decode(byte[] bytes, PixelFormat format) throws Undecodable {
    try (var decoder = new ChannelDecoder(format)) {
      return decoder.decode(bytes);
    }
  }

  private static void assertSame(byte[] file, ChannelImage image) throws Undecodable {
    ChannelImage decoded = decode(file, image.format());
    assertThat(decoded.width()).isEqualTo(image.width());
    assertThat(decoded.height()).isEqualTo(image.height());
    assertThat(decoded.values()).isEqualTo(image.values());
  }

  @ParameterizedTest
  @CsvSource({
    "1, |u1, 1",
    "4, |u1, 1",
    "4, u1, 2",
    "1, <u2, 1",
    "4, <u2, 2",
    "4, >u2, 1",
    "16, >u2, 2",
    "3, =u2, 1"
  })
  void arraysOfEveryOrder(int channels, String descr, int version) throws Undecodable {
    Type type = descr.endsWith("1") ? Type.UINT8 : Type.UINT16;
    ChannelImage image = ChannelFiles.image(1, W, H, new PixelFormat(channels, type));
    for (boolean fortran : new boolean[] {false, true}) {
      int[] last = {H, W, channels};
      int[] steps = {W * channels, channels, 1};
      assertSame(ChannelFiles.npy(image, descr, fortran, version, last, steps), image);
      int[] first = {channels, H, W};
      int[] turned = {1, W * channels, channels};
      assertSame(ChannelFiles.npy(image, descr, fortran, version, first, turned), image);
      if (channels == 1) {
        int[] plane = {H, W};
        assertSame(
            ChannelFiles.npy(image, descr, fortran, version, plane, new int[] {W, 1}), image);
      }
    }
  }

  @Test
  void whereBothEndsCouldBeChannelsTheLastIs() throws Undecodable {
    ChannelImage image = ChannelFiles.image(1, W, 4, new PixelFormat(4, Type.UINT8));
    int[] shape = {4, W, 4};
    assertSame(ChannelFiles.npy(image, "|u1", false, 1, shape, new int[] {W * 4, 4, 1}), image);
  }

  @Test
  void aWrittenArrayIsReadBack() throws Undecodable {
    for (Type type : TYPES) {
      ChannelImage image = ChannelFiles.image(2, W, H, new PixelFormat(5, type));
      assertThat(image.npy().length % 64).isEqualTo(image.values().length % 64);
      assertSame(image.npy(), image);
    }
  }

  /** NumPy and Pillow wrote these files from the formula below, which their names describe. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "numpy-1-uint8-plane.npy",
        "numpy-4-uint16.npy",
        "numpy-4-uint16-big.npy",
        "numpy-4-uint16-first.npy",
        "numpy-4-uint16-fortran.npy",
        "numpy-5-uint8-v2.npy",
        "pillow-1-uint16.png",
        "pillow-1-uint16-differences.tif",
        "pillow-1-uint16-lzw.tif",
        "pillow-3-uint8-lzw.tif",
        "pillow-3-uint8-transparent.png",
        "pillow-4-uint8.png",
        "pillow-4-uint8-deflate.tif"
      })
  void filesOfNumpyAndPillow(String name) throws IOException, Undecodable {
    int channels = Integer.parseInt(name.split("-")[1]);
    Type type = name.contains("uint16") ? Type.UINT16 : Type.UINT8;
    int most = type.largest() + 1;
    byte[] file;
    try (InputStream in = ChannelDecoderTest.class.getResourceAsStream("/channels/" + name)) {
      file = in.readAllBytes();
    }
    ChannelImage image = decode(file, new PixelFormat(channels, type));
    assertThat(image.height()).isEqualTo(11);
    assertThat(image.width()).isEqualTo(14);
    for (int i = 0; i < 11 * 14 * channels; i++) {
      int c = i % channels;
      int x = i / channels % 14;
      int y = i / channels / 14;
      int value = (31 * y + 7 * x + 1000 * c + x * y * c) * (type == Type.UINT8 ? 1 : 97) % most;
      assertThat(image.value(i)).isEqualTo(value);
    }
  }

  @Test
  void bigTiffsAreRefusedByName() {
    byte[] file = {'I', 'I', '+', 0, 8, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0};
    assertThat(reject(file, new PixelFormat(1, Type.UINT8))).hasMessageContaining("BigTIFF");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 8, 13, 16})
  void tiffsOfEveryKind(int channels) throws Undecodable {
    for (Type type : TYPES) {
      ChannelImage image = ChannelFiles.image(channels, W, H, new PixelFormat(channels, type));
      for (int way = 0; way < 48; way++) {
        int compression = new int[] {1, 5, 8}[way % 3];
        boolean differences = compression != ChannelFiles.NONE && (way & 1) == 1;
        var tiff =
            new TiffWay(
                (way & 2) > 0, compression, (way & 4) > 0, differences, (way & 8) > 0 ? 16 : 0);
        assertThat(decode(ChannelFiles.tiff(image, tiff), image.format()).values())
            .as("%s %s", type, tiff)
            .isEqualTo(image.values());
      }
    }
  }

  @Test
  void stripsThatFillTheTableOfLzw() throws Undecodable {
    ChannelImage image = ChannelFiles.image(8, 300, 11, new PixelFormat(3, Type.UINT16));
    assertSame(ChannelFiles.tiff(image, new TiffWay(false, 5, false, false, 0)), image);
  }

  @Test
  void aPieceThatEndsEarlyIsTruncated() {
    ChannelImage image = ChannelFiles.image(8, 30, 5, new PixelFormat(3, Type.UINT16));
    for (int compression : new int[] {1, 5, 8}) {
      byte[] tiff = ChannelFiles.tiff(image, new TiffWay(false, compression, false, false, 0));
      int bytes = file(tiff).getInt(entry(tiff, 279) + 8);
      assertReject(claiming(tiff, 279, bytes - 9), image.format(), RejectReason.TRUNCATED);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4})
  void pngsOfOneToFourChannels(int channels) throws Undecodable {
    for (Type type : TYPES) {
      ChannelImage image = ChannelFiles.image(channels, W, H, new PixelFormat(channels, type));
      assertSame(ChannelFiles.png(image), image);
    }
  }

  @Test
  void jpegsHaveTheOneDecodersBytes() throws Undecodable {
    byte[] jpeg = TestImages.encoded(3, 40, 32, "jpeg");
    ChannelImage image = decode(jpeg, new PixelFormat(3, Type.UINT8));
    RgbImage rgb = new ImageDecoder().decode(EncodedImage.of(jpeg));
    assertThat(image.values()).isEqualTo(Arrays.copyOf(rgb.rgb(), 40 * 32 * 3));
  }

  @Test
  void otherChannelsOrTypesAreRefused() {
    byte[] npy = ChannelFiles.npy(1, W, H, new PixelFormat(4, Type.UINT16));
    assertReject(npy, new PixelFormat(4, Type.UINT8), RejectReason.UNSUPPORTED);
    assertReject(npy, new PixelFormat(3, Type.UINT16), RejectReason.UNSUPPORTED);
    byte[] png = TestImages.png(1);
    assertThat(reject(png, new PixelFormat(4, Type.UINT8)))
        .hasMessage("PNG of 3 × uint8 (the data set has 4 × uint8)");
    assertReject(TestImages.jpeg(1), new PixelFormat(1, Type.UINT8), RejectReason.UNSUPPORTED);
  }

  @Test
  void arraysOfOtherTypesAndShapesAreRefused() {
    ChannelImage image = ChannelFiles.image(1, W, H, new PixelFormat(4, Type.UINT8));
    int[] steps = {W * 4, 4, 1};
    for (String descr : List.of("<f4", "|i1", "<u4", "|b1", "")) {
      byte[] other = ChannelFiles.npy(image, descr, false, 1, new int[] {H, W, 4}, steps);
      assertReject(other, image.format(), RejectReason.UNSUPPORTED);
    }
    byte[] flat = ChannelFiles.npy(image, "|u1", false, 1, new int[] {H * W * 4}, new int[] {1});
    assertReject(flat, image.format(), RejectReason.UNSUPPORTED);
    byte[] none = ChannelFiles.npy(image, "|u1", false, 1, new int[] {0, W, 4}, steps);
    assertReject(none, image.format(), RejectReason.CORRUPT);
    byte[] third = image.npy();
    third[6] = 3;
    assertReject(third, image.format(), RejectReason.UNSUPPORTED);
  }

  @Test
  void truncatedImagesAreRefused() {
    PixelFormat format = new PixelFormat(1, Type.UINT8);
    ChannelImage image = ChannelFiles.image(1, W, H, format);
    byte[] npy = image.npy();
    assertReject(Arrays.copyOf(npy, npy.length - 1), format, RejectReason.TRUNCATED);
    assertReject(Arrays.copyOf(npy, 9), format, RejectReason.TRUNCATED_HEADER);
    byte[] png = ChannelFiles.png(image);
    assertReject(Arrays.copyOf(png, png.length - 20), format, RejectReason.TRUNCATED);
    byte[] tiff = ChannelFiles.tiff(image, new TiffWay(false, 1, false, false, 0));
    assertReject(Arrays.copyOf(tiff, tiff.length - 1), format, RejectReason.TRUNCATED_HEADER);
    assertReject(new byte[0], format, RejectReason.EMPTY);
  }

  @Test
  void sizesAreRefusedBeforeTheyGetMemory() {
    PixelFormat format = new PixelFormat(16, Type.UINT16);
    ChannelImage image = ChannelFiles.image(1, W, H, format);
    String shape = "(%d, %d, 16)".formatted(H, W);
    byte[] npy = image.npy();
    for (String larger : List.of("(99999999, 9, 16)", "(9999999, 999, 16)", "(4000, 4000, 16)")) {
      byte[] bomb = replaced(npy, shape, larger);
      assertReject(bomb, format, RejectReason.TOO_LARGE);
    }
  }

  @Test
  void tiffsThatClaimMoreThanTheyHaveAreRefused() {
    PixelFormat format = new PixelFormat(2, Type.UINT16);
    ChannelImage image = ChannelFiles.image(1, 32, 32, format);
    for (int compression : new int[] {1, 5, 8}) {
      byte[] strips = ChannelFiles.tiff(image, new TiffWay(false, compression, false, false, 0));
      byte[] tiles = ChannelFiles.tiff(image, new TiffWay(true, compression, true, false, 16));
      for (int[] claim : // a tag, and what it says
          new int[][] {{256, 60_000}, {257, 60_000}, {256, -1}, {257, 0}, {278, 1}}) {
        assertThat(reject(claiming(strips, claim[0], claim[1]), format)).isNotNull();
      }
      for (int[] claim : new int[][] {{322, 65_000}, {323, -1}, {322, 0}, {257, 60_000}}) {
        assertThat(reject(claiming(tiles, claim[0], claim[1]), format)).isNotNull();
      }
      byte[] many = strips.clone(); // offsets, as many as 32 bits can count
      file(many).putInt(entry(many, 273) + 4, -1);
      assertReject(many, format, RejectReason.TRUNCATED_HEADER);
    }
  }

  private static byte[] claiming(byte[] tiff, int tag, int value) {
    byte[] copy = tiff.clone();
    file(copy).putInt(entry(copy, tag) + 8, value);
    return copy;
  }

  private static ByteBuffer file(byte[] tiff) {
    return ByteBuffer.wrap(tiff)
        .order(tiff[0] == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
  }

  private static int entry(byte[] tiff, int tag) {
    var file = file(tiff);
    int at = file.getInt(4) + 2;
    while (file.getShort(at) != tag) {
      at += 12;
    }
    return at;
  }

  private static byte[] replaced(byte[] bytes, String from, String to) {
    String text = new String(bytes, ISO_8859_1);
    int spaces = to.length() - from.length();
    return text.replace(from, to).replace("}" + " ".repeat(spaces), "}").getBytes(ISO_8859_1);
  }

  private static Undecodable reject(byte[] bytes, PixelFormat format) {
    return catchThrowableOfType(Undecodable.class, () -> decode(bytes, format));
  }

  private static void assertReject(byte[] bytes, PixelFormat format, RejectReason reason) {
    assertThat(reject(bytes, format)).isNotNull();
    assertThat(reject(bytes, format).reason()).isEqualTo(reason);
  }
}
