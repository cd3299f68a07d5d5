package io.sparkmae.data.image;

import io.sparkmae.data.image.SampleSeed.Draws;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import javax.imageio.ImageIO;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/** Small images that differ from each other, and the layouts that people keep them in. */
public final class TestImages {
  private TestImages() {}

  static byte[] noise(int length) {
    byte[] bytes = new byte[length];
    Draws draws = SampleSeed.stream(length, 0);
    for (int i = 0; i < length; i++) {
      bytes[i] = (byte) draws.bits();
    }
    return bytes;
  }

  public static byte[] jpeg(int number) {
    return encoded(number, 40 + number % 7, 32 + number % 5, "jpeg");
  }

  public static byte[] png(int number) {
    return encoded(number, 33, 47, "png");
  }

  public static byte[] encoded(int number, int width, int height, String format) {
    var image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Draws draws = SampleSeed.stream(number, 0);
    int phase = draws.below(255);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int colour = (5 * x + phase & 255) << 16 | (7 * y & 255) << 8 | draws.below(64);
        image.setRGB(x, y, colour);
      }
    }
    var out = new ByteArrayOutputStream();
    try {
      ImageIO.write(image, format, out);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return out.toByteArray();
  }

  public static void write(Path file, byte[] bytes) throws IOException {
    Files.createDirectories(file.getParent());
    Files.write(file, bytes);
  }

  /** A tar of members in the map's order. */
  public static void tar(Path file, Map<String, byte[]> members) throws IOException {
    Files.createDirectories(file.getParent());
    try (OutputStream out = Files.newOutputStream(file);
        var tar = new TarArchiveOutputStream(out, "UTF-8")) {
      tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
      for (var member : members.entrySet()) {
        var entry = new TarArchiveEntry(member.getKey());
        entry.setSize(member.getValue().length);
        tar.putArchiveEntry(entry);
        tar.write(member.getValue());
        tar.closeArchiveEntry();
      }
    }
  }

  public static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
