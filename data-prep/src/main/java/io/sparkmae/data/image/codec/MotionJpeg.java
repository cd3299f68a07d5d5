package io.sparkmae.data.image.codec;

import java.io.ByteArrayOutputStream;
import javax.imageio.plugins.jpeg.JPEGHuffmanTable;

/** What the frames of Motion JPEG leave out. */
public final class MotionJpeg {
  private static final int HUFFMAN_TABLE = 0xc4;

  private MotionJpeg() {}

  /** Returns the segments of the standard's four Huffman tables. */
  public static byte[] tables() {
    var out = new ByteArrayOutputStream();
    write(out, 0x00, JPEGHuffmanTable.StdDCLuminance);
    write(out, 0x10, JPEGHuffmanTable.StdACLuminance);
    write(out, 0x01, JPEGHuffmanTable.StdDCChrominance);
    write(out, 0x11, JPEGHuffmanTable.StdACChrominance);
    return out.toByteArray();
  }

  private static void write(ByteArrayOutputStream out, int number, JPEGHuffmanTable table) {
    short[] lengths = table.getLengths(); // may leave out zeros at its end
    short[] values = table.getValues();
    out.write(0xff);
    out.write(HUFFMAN_TABLE);
    out.write(0);
    out.write(2 + 1 + 16 + values.length);
    out.write(number);
    for (int i = 0; i < 16; i++) {
      out.write(i < lengths.length ? lengths[i] : 0);
    }
    for (short value : values) {
      out.write(value);
    }
  }
}
