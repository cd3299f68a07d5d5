package io.sparkmae.job;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Random;
import javax.imageio.ImageIO;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/** Images of any number of channels, drawn, and as files. */
final class ChannelImages {

  static final int SIDE = 40; // 8 less than the height

  private ChannelImages() {}

  /** Values [H, W, C] of a drawn image: slopes of the channel's own, and noise. */
  static int[] draw(int number, int channels, int largest) {
    Random random = new Random(number);
    int[] values = new int[SIDE * (SIDE + 8) * channels];
    for (int i = 0; i < values.length; i++) {
      int c = i % channels;
      int x = i / channels % SIDE;
      int level = largest / 8 * (c + 1) / 2 + x * (number % 3) * largest / 200;
      values[i] = Math.min(largest, level + random.nextInt(largest / 16));
    }
    return values;
  }

  static byte[] npy(int[] values, int channels, int bytes) {
    String header =
        "{'descr': '%s', 'fortran_order': False, 'shape': (%d, %d, %d), }\n"
            .formatted(bytes == 1 ? "|u1" : "<u2", SIDE + 8, SIDE, channels);
    ByteBuffer file =
        ByteBuffer.allocate(10 + header.length() + values.length * bytes)
            .order(ByteOrder.LITTLE_ENDIAN);
    file.put("\u0093NUMPY\1\0".getBytes(ISO_8859_1)).putShort((short) header.length());
    file.put(header.getBytes(ISO_8859_1));
    for (int value : values) {
      if (bytes == 1) {
        file.put((byte) value);
      } else {
        file.putShort((short) value);
      }
    }
    return file.array();
  }

  static byte[] png(int[] values) throws IOException {
    boolean grey = values.length == SIDE * (SIDE + 8);
    var image =
        new BufferedImage(
            SIDE, SIDE + 8, grey ? BufferedImage.TYPE_BYTE_GRAY : BufferedImage.TYPE_3BYTE_BGR);
    image.getRaster().setPixels(0, 0, SIDE, SIDE + 8, values);
    var out = new ByteArrayOutputStream();
    ImageIO.write(image, "png", out);
    return out.toByteArray();
  }

  /** Returns a tar of npy and png files in turn. */
  static byte[] tar(List<byte[]> files) throws IOException {
    var out = new ByteArrayOutputStream();
    try (var tar = new TarArchiveOutputStream(out)) {
      for (int i = 0; i < files.size(); i++) {
        var entry = new TarArchiveEntry("%04d.%s".formatted(i, i % 2 == 0 ? "npy" : "png"));
        entry.setSize(files.get(i).length);
        tar.putArchiveEntry(entry);
        tar.write(files.get(i));
        tar.closeArchiveEntry();
      }
    }
    return out.toByteArray();
  }
}
