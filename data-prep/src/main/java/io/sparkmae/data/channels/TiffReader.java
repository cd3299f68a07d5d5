package io.sparkmae.data.channels;

import io.sparkmae.data.image.PixelFormat;
import io.sparkmae.data.image.PixelFormat.Type;
import io.sparkmae.data.image.RejectReason;
import io.sparkmae.data.image.Undecodable;
import java.nio.ByteBuffer;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Reads the pieces of a TIFF. The JDK's reader refuses differences of 16-bit values, and gives
 * black where a compressed piece ends too early.
 */
final class TiffReader implements AutoCloseable {
  private final Tiff tiff;
  private final ChannelImage image;
  private final int pieceChannels;
  private final boolean differences;
  private final byte[] piece;
  private final TiffLzw lzw = new TiffLzw();
  private final Inflater inflater = new Inflater();

  private TiffReader(Tiff tiff) throws Undecodable {
    ChannelHeader header = tiff.header();
    PixelFormat format = new PixelFormat(header.channels(), header.type());
    this.tiff = tiff;
    this.image = ChannelImage.blank(header.width(), header.height(), format);
    this.pieceChannels = header.channels() / tiff.planes();
    this.differences = tiff.hasDifferences();
    this.piece = new byte[tiff.across() * tiff.down() * pieceChannels * header.type().bytes()];
  }

  /** Decodes all values. */
  static ChannelImage read(Tiff tiff) throws Undecodable {
    try (var reader = new TiffReader(tiff)) {
      reader.readAll();
      return reader.image;
    }
  }

  private void readAll() throws Undecodable {
    int number = 0;
    for (int plane = 0; plane < tiff.planes(); plane++) {
      for (int top = 0; top < image.height(); top += tiff.down()) {
        for (int left = 0; left < image.width(); left += tiff.across()) {
          read(number++, left, top, plane);
        }
      }
    }
  }

  private void read(int number, int left, int top, int plane) throws Undecodable {
    int below = image.height() - top;
    int rows = tiff.isTiled() ? tiff.down() : Math.min(tiff.down(), below);
    int row = tiff.across() * pieceChannels;
    int wanted = rows * row * image.format().type().bytes();
    int unpacked = unpack(tiff.piece(number), wanted);
    if (unpacked < wanted) {
      throw new Undecodable(
          RejectReason.TRUNCATED,
          "TIFF has %d of %d bytes of piece %d".formatted(unpacked, wanted, number));
    }
    int width = Math.min(tiff.across(), image.width() - left);
    for (int y = 0; y < Math.min(rows, below); y++) {
      copyRow(y * row, width, ((top + y) * image.width() + left), plane);
    }
  }

  private int unpack(ByteBuffer packed, int wanted) throws Undecodable {
    switch (tiff.compression()) {
      case Tiff.UNCOMPRESSED -> {
        int length = Math.min(wanted, packed.remaining());
        packed.get(piece, 0, length);
        return length;
      }
      case Tiff.LZW -> {
        return lzw.unpack(packed, piece, wanted);
      }
      default -> {
        return inflate(packed, wanted);
      }
    }
  }

  private int inflate(ByteBuffer packed, int wanted) throws Undecodable {
    inflater.reset();
    inflater.setInput(packed);
    try {
      int done = 0;
      int more = 1;
      while (done < wanted && more > 0) {
        more = inflater.inflate(piece, done, wanted - done);
        done += more;
      }
      return done;
    } catch (DataFormatException e) {
      throw new Undecodable(RejectReason.CORRUPT, "TIFF: " + e.getMessage());
    }
  }

  /** Copies a row of a piece to the image, from a pixel on; adds up differences. */
  private void copyRow(int from, int width, int pixel, int plane) {
    int channels = image.format().channels();
    int[] before = new int[pieceChannels];
    for (int x = 0; x < width; x++) {
      for (int c = 0; c < pieceChannels; c++) {
        int value = value(from + x * pieceChannels + c) + before[c];
        image.put((pixel + x) * channels + plane + c, value);
        before[c] = differences ? value : 0;
      }
    }
  }

  private int value(int index) {
    if (image.format().type() == Type.UINT8) {
      return piece[index];
    }
    int first = piece[2 * index] & 0xff;
    int second = piece[2 * index + 1] & 0xff;
    return tiff.isBigEndian() ? first << 8 | second : second << 8 | first;
  }

  @Override
  public void close() {
    inflater.end();
  }
}
