package io.sparkmae.data.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.sparkmae.data.image.codec.Bytes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Small files that claim to be, or would become, more than memory holds; and formats refused. */
class BombTest {
  private static final long LIMIT = 64 << 20; // bytes allocated in the heap
  private static final ThreadMXBean MEMORY = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private static Map<String, byte[]> files;

  @BeforeAll
  static void readFiles() throws IOException {
    files = PillowFiles.files();
    decode(files.get("palette.gif")); // loads the readers
    decode(files.get("rgb-tiff_deflate.tif"));
  }

  private static byte[] file(String name) {
    return files.get(name).clone();
  }

  /** Returns the reason of the refusal, or null; throws if it took much memory. */
  private static RejectReason decode(byte[] bytes) {
    long before = MEMORY.getCurrentThreadAllocatedBytes();
    RejectReason reason = null;
    try (var decoder = new ImageDecoder()) {
      decoder.decode(EncodedImage.of(bytes));
    } catch (Undecodable e) {
      reason = e.reason();
    }
    assertThat(MEMORY.getCurrentThreadAllocatedBytes() - before).isLessThan(LIMIT);
    return reason;
  }

  @Test
  void headersOfHugeImagesAreTooLarge() {
    byte[] canvas = file("animated-offset.webp");
    Arrays.fill(canvas, 24, 30, (byte) 0xff); // 16,777,216 x 16,777,216
    assertThat(decode(canvas)).isEqualTo(RejectReason.TOO_LARGE);

    byte[] lossless = file("lossless-17x23.webp");
    Bytes.putLittleEndian(lossless, 21, 4, 0x0fffffff); // 16,384 x 16,384
    assertThat(decode(lossless)).isEqualTo(RejectReason.TOO_LARGE);

    byte[] screen = file("palette.gif");
    Bytes.putLittleEndian(screen, 6, 4, 0xffffffffL);
    assertThat(decode(screen)).isEqualTo(RejectReason.TOO_LARGE);

    byte[] tiff = file("plain-ii.tif");
    assertThat(decode(with(with(tiff, 256, 0, 65_535), 257, 0, 65_535)))
        .isEqualTo(RejectReason.TOO_LARGE);

    for (long size : new long[] {0x7fffffff, 0x80000000L, 0x10000}) {
      byte[] bmp = file("24.bmp");
      Bytes.putLittleEndian(bmp, 18, 4, size);
      Bytes.putLittleEndian(bmp, 22, 4, size);
      assertThat(decode(bmp))
          .isIn(RejectReason.TOO_LARGE, RejectReason.CORRUPT, RejectReason.TRUNCATED);
    }
  }

  @Test
  void imagesThatTheirBytesCannotHoldAreTruncated() {
    byte[] gif = file("palette.gif");
    int frame = new String(gif, StandardCharsets.ISO_8859_1).indexOf(',', 13 + 3 * 64);
    Bytes.putLittleEndian(gif, frame + 5, 2, 10_000);
    Bytes.putLittleEndian(gif, frame + 7, 2, 10_000);
    assertThat(decode(gif)).isEqualTo(RejectReason.TRUNCATED);

    for (String name : new String[] {"plain-mm.tif", "rgb-tiff_lzw.tif", "rgb-packbits.tif"}) {
      byte[] tiff = with(with(file(name), 256, 0, 10_000), 257, 0, 10_000);
      assertThat(decode(tiff)).as(name).isEqualTo(RejectReason.TRUNCATED);
    }
    byte[] bmp = file("24.bmp");
    Bytes.putLittleEndian(bmp, 18, 4, 9_000);
    Bytes.putLittleEndian(bmp, 22, 4, 9_000);
    assertThat(decode(bmp)).isEqualTo(RejectReason.TRUNCATED);
  }

  /** Tags of strips that do not fit the image or the file, and a directory that follows itself. */
  @Test
  void absurdTiffsAreRefusedOrReadWithoutHarm() {
    byte[] tiff = file("plain-ii.tif");
    assertThat(decode(with(tiff, 278, 0, 0))).isEqualTo(RejectReason.CORRUPT); // rows of a strip
    assertThat(decode(with(tiff, 278, 0, 1))).isEqualTo(RejectReason.CORRUPT); // too few strips
    assertThat(decode(with(tiff, 279, 0, 0xffffffffL))).isEqualTo(RejectReason.TRUNCATED);
    assertThat(decode(with(tiff, 273, 2, 0xfffffff0L))).isEqualTo(RejectReason.TRUNCATED);
    assertThat(decode(with(tiff, 277, 0, 65_535))).isEqualTo(RejectReason.UNSUPPORTED); // samples
    byte[] tiles = with(with(file("tiles.tif"), 322, 0, 65_520), 323, 0, 65_520);
    assertThat(decode(tiles)).isEqualTo(RejectReason.TOO_LARGE);

    ByteBuffer loop = ByteBuffer.wrap(file("plain-ii.tif")).order(ByteOrder.LITTLE_ENDIAN);
    int directory = loop.getInt(4);
    loop.putInt(directory + 2 + 12 * loop.getShort(directory), directory);
    assertThat(decode(loop.array())).isNull();
  }

  /** 256 MB of zeros, deflated to 256 KB, where a small image has its rows or its texts. */
  @Test
  void deflatedBombsAreNotInflated() throws IOException {
    byte[] zeros = deflate(256 << 20);
    ByteBuffer tiff =
        ByteBuffer.wrap(Arrays.copyOf(file("white-is-zero.tif"), 1024 + zeros.length));
    tiff.put(1024, zeros);
    byte[] bomb = with(tiff.array(), 259, 0, 8);
    decode(with(with(bomb, 273, 0, 1024), 279, 0, zeros.length)); // must only stay small

    for (String type : new String[] {"zTXt", "iCCP", "iTXt"}) {
      byte[] text = new byte[zeros.length + 3];
      text[0] = 'x';
      System.arraycopy(zeros, 0, text, 3, zeros.length);
      assertThat(decode(withChunk(file("rgb.png"), type, text))).as(type).isNull();
    }
  }

  @Test
  void moreCodesThanAGifHasPixelsAreNotRead() throws IOException {
    byte[] gif = file("palette.gif");
    int end = gif.length - 2; // the last block's end, and the trailer
    var out = new ByteArrayOutputStream();
    out.write(gif, 0, end);
    byte[] block = new byte[256];
    block[0] = (byte) 255;
    for (int i = 0; i < 40_000; i++) {
      out.write(block);
    }
    out.write(gif, end, 2);
    assertThat(decode(out.toByteArray())).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"2x2-17x23-progressive.jpg", "2x2-17x23-baseline.jpg"})
  void aJpegOfManyScansIsTooLarge(String name) {
    byte[] jpeg = file(name);
    int scan = new String(jpeg, StandardCharsets.ISO_8859_1).indexOf("\u00ff\u00da");
    jpeg[scan + 4] = 1; // the first one is of one component
    byte[] bomb = Arrays.copyOf(jpeg, jpeg.length + 600 * 2);
    for (int i = jpeg.length - 2; i < bomb.length - 2; i += 2) {
      bomb[i] = jpeg[scan];
      bomb[i + 1] = jpeg[scan + 1];
    }
    assertThat(decode(bomb)).isEqualTo(RejectReason.TOO_LARGE);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HEIC|....ftypheic....mif1heic",
        "HEIC|....ftypmif1....heic",
        "AVIF|....ftypavif....mif1",
        "AVIF|....ftypmif1....avifmiaf",
        "JPEG 2000|\0\0\0\fjP  \r\n\u0087\n",
        "JPEG 2000|\u00ff\u004f\u00ff\u0051\0",
        "JPEG XL|\0\0\0\fJXL \r\n\u0087\n",
        "JPEG XL|\u00ff\n..........",
        "SVG|<?xml version='1.0'?>\n<!-- drawn -->\n<svg width='3'/>",
        "Photoshop|8BPS\0\1"
      })
  void otherFormatsAreRefusedByName(String format) {
    String name = format.substring(0, format.indexOf('|'));
    byte[] bytes = format.substring(name.length() + 1).getBytes(StandardCharsets.ISO_8859_1);
    assertThatThrownBy(() -> EncodedImage.of(bytes))
        .isInstanceOfSatisfying(
            Undecodable.class, e -> assertThat(e.reason()).isEqualTo(RejectReason.UNSUPPORTED))
        .hasMessage(name + " (convert it to JPEG or PNG first)");
  }

  /** Returns a TIFF with another value of a tag. */
  private static byte[] with(byte[] file, int tag, int index, long value) {
    byte[] changed = file.clone();
    ByteBuffer tiff = ByteBuffer.wrap(changed);
    tiff.order(changed[0] == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    for (int at = tiff.getInt(4) + 2; ; at += 12) {
      if ((tiff.getShort(at) & 0xffff) == tag) {
        int size = tiff.getShort(at + 2) == 3 ? 2 : 4;
        int values = tiff.getInt(at + 4) * size > 4 ? tiff.getInt(at + 8) : at + 8;
        if (size == 2) {
          tiff.putShort(values + 2 * index, (short) value);
        } else {
          tiff.putInt(values + 4 * index, (int) value);
        }
        return changed;
      }
    }
  }

  private static byte[] deflate(int zeros) {
    var deflater = new Deflater(9);
    var out = new ByteArrayOutputStream();
    byte[] part = new byte[1 << 20];
    byte[] buffer = new byte[1 << 16];
    for (int i = 0; i <= zeros / part.length; i++) {
      if (i < zeros / part.length) {
        deflater.setInput(part);
      } else {
        deflater.finish();
      }
      for (int n = deflater.deflate(buffer); n > 0; n = deflater.deflate(buffer)) {
        out.write(buffer, 0, n);
      }
    }
    deflater.end();
    return out.toByteArray();
  }

  /** Returns a PNG with a chunk after its header. */
  private static byte[] withChunk(byte[] png, String type, byte[] data) {
    int header = 8 + 25;
    ByteBuffer out = ByteBuffer.allocate(png.length + 12 + data.length);
    out.put(png, 0, header).putInt(data.length);
    byte[] name = type.getBytes(StandardCharsets.US_ASCII);
    var crc = new CRC32();
    crc.update(name);
    crc.update(data);
    out.put(name).put(data).putInt((int) crc.getValue());
    return out.put(png, header, png.length - header).array();
  }
}
