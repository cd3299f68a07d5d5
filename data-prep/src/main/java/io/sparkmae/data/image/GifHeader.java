package io.sparkmae.data.image;

import static io.sparkmae.data.image.codec.Bytes.littleEndian;

import io.sparkmae.data.image.codec.Orientation;
import java.io.ByteArrayOutputStream;

/**
 * Reads a GIF up to its first frame, and makes a GIF of that frame alone, at the left top, with a
 * palette of all 256 colours: no index lies outside of it.
 */
final class GifHeader {
  private static final int COLOURS = 256;
  private static final int HAS_PALETTE = 0x80;

  private final byte[] bytes;
  private int position = 13;
  private int transparent; // the index that a canvas is filled with; 0 if there is none
  private byte[] palette = greys();

  GifHeader(byte[] bytes) {
    this.bytes = bytes;
  }

  EncodedImage read() throws Undecodable {
    require(position);
    readPalette(bytes[10]);
    while (next() == '!') {
      extension();
    }
    if (bytes[position - 1] != ',') {
      throw new Undecodable(RejectReason.CORRUPT, "GIF without a frame");
    }
    int start = position;
    require(9);
    position += 9;
    Box frame = new Box(at(start), at(start + 2), at(start + 4), at(start + 6));
    readPalette(bytes[start + 8]);
    byte[] still = still(start, frame);
    int width = Math.max(at(6), frame.left() + frame.width());
    int height = Math.max(at(8), frame.top() + frame.height());
    return new EncodedImage(
        EncodedImage.Format.GIF,
        width,
        height,
        0,
        false,
        Orientation.UPRIGHT,
        new Canvas(frame, colour(transparent)),
        still);
  }

  private int at(int offset) {
    return (int) littleEndian(bytes, offset, 2);
  }

  private int next() throws Undecodable {
    require(1);
    return bytes[position++];
  }

  private void require(int count) throws Undecodable {
    if (bytes.length < position + count) {
      throw new Undecodable(RejectReason.TRUNCATED, "GIF ends in its first frame");
    }
  }

  private void extension() throws Undecodable {
    int label = next();
    if ((label & 0xff) == 0xf9 && position + 5 <= bytes.length && (bytes[position + 1] & 1) != 0) {
      transparent = bytes[position + 4] & 0xff;
    }
    skipBlocks();
  }

  private void skipBlocks() throws Undecodable {
    for (int length = next(); length != 0; length = next()) {
      require(length & 0xff);
      position += length & 0xff;
    }
  }

  /** Reads a palette if {@code flags} have one. What it leaves out are greys, as in Pillow. */
  private void readPalette(byte flags) throws Undecodable {
    if ((flags & HAS_PALETTE) != 0) {
      int length = 3 * (2 << (flags & 7));
      require(length);
      palette = greys();
      System.arraycopy(bytes, position, palette, 0, length);
      position += length;
    }
  }

  private static byte[] greys() {
    byte[] palette = new byte[3 * COLOURS];
    for (int i = 0; i < palette.length; i++) {
      palette[i] = (byte) (i / 3);
    }
    return palette;
  }

  private int colour(int index) {
    int red = palette[3 * index] & 0xff;
    int green = palette[3 * index + 1] & 0xff;
    return red << 16 | green << 8 | palette[3 * index + 2] & 0xff;
  }

  /** Returns the GIF of the frame alone; its coded pixels begin at the position. */
  private byte[] still(int descriptor, Box frame) throws Undecodable {
    int data = position;
    int codeBits = next();
    if (codeBits < 2 || codeBits > 8) {
      throw new Undecodable(RejectReason.CORRUPT, "GIF with codes of " + codeBits + " bits");
    }
    skipBlocks();
    byte interlaced = (byte) (bytes[descriptor + 8] & 0x40);
    var out = new ByteArrayOutputStream(position - data + 1024);
    out.writeBytes(new byte[] {'G', 'I', 'F', '8', '9', 'a'});
    out.write(bytes, descriptor + 4, 4);
    out.writeBytes(new byte[] {(byte) 0xf7, 0, 0});
    out.writeBytes(palette);
    out.writeBytes(new byte[] {',', 0, 0, 0, 0});
    out.write(bytes, descriptor + 4, 4);
    out.write(interlaced);
    out.write(bytes, data, position - data);
    out.write(';');
    return out.toByteArray();
  }
}
