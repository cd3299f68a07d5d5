package io.sparkmae.data.channels;

import io.sparkmae.data.image.PixelFormat;
import io.sparkmae.data.image.PixelFormat.Type;
import io.sparkmae.data.image.RejectReason;
import io.sparkmae.data.image.Undecodable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * The first directory of a TIFF, whose pieces, strips or tiles, are all in the file.
 *
 * @see TiffReader
 */
final class Tiff {
  static final int UNCOMPRESSED = 1;
  static final int LZW = 5;

  private static final int WIDTH = 256;
  private static final int HEIGHT = 257;
  private static final int BITS = 258;
  private static final int COMPRESSION = 259;
  private static final int PHOTOMETRIC = 262;
  private static final int FILL_ORDER = 266;
  private static final int STRIP_OFFSETS = 273;
  private static final int CHANNELS = 277;
  private static final int ROWS_PER_STRIP = 278;
  private static final int STRIP_BYTES = 279;
  private static final int PLANAR = 284;
  private static final int PREDICTOR = 317;
  private static final int TILE_WIDTH = 322;
  private static final int TILE_HEIGHT = 323;
  private static final int TILE_OFFSETS = 324;
  private static final int TILE_BYTES = 325;
  private static final int NUMBERS = 339;

  private static final Set<Integer> COMPRESSIONS = Set.of(UNCOMPRESSED, LZW, 8, 32946); // deflate
  private static final int[] TYPE_BYTES = {0, 1, 0, 2, 4}; // bytes, shorts and longs
  private static final int MOST_OF_A_BYTE = 2600; // decompressed; a code of LZW gives the most

  private final ByteBuffer bytes;
  private final Map<Integer, Integer> entries = new HashMap<>(); // tag → position
  private final ChannelHeader header;
  private final int across; // pixels of a piece
  private final int down;
  private final long[] offsets;
  private final long[] lengths;

  /** Reads and checks the directory of a file that begins as a TIFF; takes no memory for pixels. */
  Tiff(byte[] bytes) throws Undecodable {
    ByteOrder order = bytes[0] == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
    this.bytes = ByteBuffer.wrap(bytes).order(order);
    readEntries();
    header = readHeader();
    across = (int) (isTiled() ? one(TILE_WIDTH, 0) : header.width());
    down =
        (int)
            (isTiled()
                ? one(TILE_HEIGHT, 0)
                : Math.min(header.height(), one(ROWS_PER_STRIP, header.height())));
    offsets = all(isTiled() ? TILE_OFFSETS : STRIP_OFFSETS);
    lengths = all(isTiled() ? TILE_BYTES : STRIP_BYTES);
    requirePieces();
  }

  private void readEntries() throws Undecodable {
    int length = bytes.capacity();
    long directory = length < 8 ? length : unsigned(4);
    int count = directory + 2 > length ? -1 : bytes.getShort((int) directory) & 0xffff;
    if (count < 0 || directory + 2 + 12L * count > length) {
      throw new Undecodable(RejectReason.TRUNCATED_HEADER, "TIFF of " + length + " bytes");
    }
    for (int i = 0; i < count; i++) {
      int at = (int) directory + 2 + 12 * i;
      entries.putIfAbsent(bytes.getShort(at) & 0xffff, at);
    }
  }

  private long unsigned(int at) {
    return bytes.getInt(at) & 0xffffffffL;
  }

  private long[] all(int tag) throws Undecodable {
    Integer entry = entries.get(tag);
    if (entry == null) {
      return new long[0];
    }
    int size = valueBytes(tag, entry);
    long inAll = unsigned(entry + 4) * size;
    int from = inAll <= 4 ? entry + 8 : (int) Math.min(unsigned(entry + 8), bytes.capacity());
    if (from + inAll > bytes.capacity()) {
      throw new Undecodable(
          RejectReason.TRUNCATED_HEADER, "TIFF tag %d lies beyond the end".formatted(tag));
    }
    int count = (int) (inAll / size);
    long[] values = new long[count];
    Arrays.setAll(
        values,
        i ->
            switch (size) {
              case 1 -> bytes.get(from + i) & 0xff;
              case 2 -> bytes.getShort(from + 2 * i) & 0xffff;
              default -> unsigned(from + 4 * i);
            });
    return values;
  }

  private int valueBytes(int tag, int entry) throws Undecodable {
    int type = bytes.getShort(entry + 2) & 0xffff;
    if (type != 1 && type != 3 && type != 4) {
      throw new Undecodable(RejectReason.CORRUPT, "TIFF tag %d of type %d".formatted(tag, type));
    }
    return TYPE_BYTES[type];
  }

  private long one(int tag, long missing) throws Undecodable {
    long[] values = all(tag);
    return values.length == 0 ? missing : values[0];
  }

  private ChannelHeader readHeader() throws Undecodable {
    int channels = (int) one(CHANNELS, 1);
    Type type = type();
    if (channels < 1 || channels > PixelFormat.MOST_CHANNELS) {
      throw unsupported("%d channels (must be 1 to %d)", channels, PixelFormat.MOST_CHANNELS);
    }
    if (!COMPRESSIONS.contains(compression()) || one(FILL_ORDER, 1) != 1) {
      throw unsupported("compression %d (must be none, LZW or deflate)", compression());
    }
    if (one(PHOTOMETRIC, 1) != 1 && one(PHOTOMETRIC, 1) != 2) {
      throw unsupported("photometric %d (must be black is zero, or RGB)", one(PHOTOMETRIC, 1));
    }
    int width = (int) Math.min(one(WIDTH, 0), Integer.MAX_VALUE);
    int height = (int) Math.min(one(HEIGHT, 0), Integer.MAX_VALUE);
    ChannelImage.bytes(width, height, new PixelFormat(channels, type)); // or else it is refused
    return new ChannelHeader("TIFF", width, height, channels, type);
  }

  private Type type() throws Undecodable {
    long bits = one(BITS, 1);
    boolean alike = Arrays.stream(all(BITS)).allMatch(other -> other == bits);
    boolean unsigned = Arrays.stream(all(NUMBERS)).allMatch(number -> number == 1);
    if (!alike || !unsigned || bits != 8 && bits != 16) {
      throw unsupported(
          "%s bits (must be unsigned integers of 8 or 16)", Arrays.toString(all(BITS)));
    }
    return bits == 8 ? Type.UINT8 : Type.UINT16;
  }

  private static Undecodable unsupported(String rule, Object... values) {
    return new Undecodable(RejectReason.UNSUPPORTED, "TIFF with " + rule.formatted(values));
  }

  /** Checks that all strips or tiles are there, and that their bytes can hold the image. */
  private void requirePieces() throws Undecodable {
    int valueBytes = header.type().bytes();
    long most = ChannelImage.MOST_BYTES / header.channels() / valueBytes;
    if (across < 1 || down < 1 || (long) across * down > most) {
      throw new Undecodable(
          RejectReason.CORRUPT, "TIFF in pieces of %d x %d pixels".formatted(across, down));
    }
    long columns = (header.width() + across - 1L) / across;
    long pieces = columns * ((header.height() + down - 1L) / down) * planes();
    if (offsets.length != pieces || lengths.length != pieces) {
      throw new Undecodable(
          RejectReason.CORRUPT,
          "TIFF with %d offsets and %d lengths of %d pieces"
              .formatted(offsets.length, lengths.length, pieces));
    }
    requireBytes((long) header.width() * header.height() * header.channels() * valueBytes);
  }

  private void requireBytes(long size) throws Undecodable {
    long sum = 0;
    for (int i = 0; i < offsets.length; i++) {
      sum += lengths[i];
      if (offsets[i] + lengths[i] > bytes.capacity()) {
        throw new Undecodable(RejectReason.TRUNCATED, "TIFF ends before piece " + i);
      }
    }
    if (sum < (compression() == UNCOMPRESSED ? size : size / MOST_OF_A_BYTE)) {
      throw new Undecodable(RejectReason.TRUNCATED, "TIFF of %d bytes in %d".formatted(size, sum));
    }
  }

  /** Returns size and type of the image. */
  ChannelHeader header() {
    return header;
  }

  boolean isTiled() {
    return entries.containsKey(TILE_WIDTH);
  }

  /** Returns the width of a piece in pixels. */
  int across() {
    return across;
  }

  /** Returns the height of a piece in pixels; the last strip may have less. */
  int down() {
    return down;
  }

  /** Returns how often the pieces cover the image: once for each channel, or once for all. */
  int planes() throws Undecodable {
    return one(PLANAR, 1) == 2 ? header.channels() : 1;
  }

  int compression() throws Undecodable {
    return (int) one(COMPRESSION, UNCOMPRESSED);
  }

  /** Returns whether a value is stored as the difference from its left neighbour. */
  boolean hasDifferences() throws Undecodable {
    long predictor = compression() == UNCOMPRESSED ? 1 : one(PREDICTOR, 1);
    if (predictor > 2) {
      throw unsupported("predictor %d (must be none, or differences)", predictor);
    }
    return predictor == 2;
  }

  boolean isBigEndian() {
    return bytes.order() == ByteOrder.BIG_ENDIAN;
  }

  /** Returns the bytes of a piece as they are in the file. */
  ByteBuffer piece(int number) {
    return bytes.slice((int) offsets[number], (int) lengths[number]);
  }
}
