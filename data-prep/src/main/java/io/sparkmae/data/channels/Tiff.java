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
 * The first directory of a TIFF, checked so far that its decoder needs no more memory than the
 * image and the file have.
 */
final class Tiff {
  private static final int WIDTH = 256;
  private static final int HEIGHT = 257;
  private static final int BITS = 258;
  private static final int COMPRESSION = 259;
  private static final int PHOTOMETRIC = 262;
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

  private static final Set<Long> COMPRESSIONS = Set.of(1L, 5L, 8L, 32946L); // none, LZW, deflate
  private static final int[] TYPE_BYTES = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4};
  private static final int MOST_OF_A_BYTE = 2600; // decompressed; a code of LZW gives the most

  private final ByteBuffer bytes;
  private final Map<Integer, Integer> entries = new HashMap<>(); // tag → position

  private Tiff(byte[] bytes) throws Undecodable {
    ByteOrder order = bytes[0] == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
    this.bytes = ByteBuffer.wrap(bytes).order(order);
    long directory = bytes.length < 8 ? bytes.length : unsigned(4);
    if (directory + 2 > bytes.length) {
      throw new Undecodable(RejectReason.TRUNCATED_HEADER, "TIFF of " + bytes.length + " bytes");
    }
    int count = this.bytes.getShort((int) directory) & 0xffff;
    if (directory + 2 + 12L * count > bytes.length) {
      throw new Undecodable(RejectReason.TRUNCATED_HEADER, "TIFF of " + bytes.length + " bytes");
    }
    for (int i = 0; i < count; i++) {
      int at = (int) directory + 2 + 12 * i;
      requireInside(at);
      entries.putIfAbsent(this.bytes.getShort(at) & 0xffff, at);
    }
  }

  /** Reads the directory of a file that begins as a TIFF. */
  static Tiff of(byte[] bytes) throws Undecodable {
    return new Tiff(bytes);
  }

  private long unsigned(int at) {
    return bytes.getInt(at) & 0xffffffffL;
  }

  /** A decoder makes room for as many values as an entry claims, of any tag. */
  private void requireInside(int entry) throws Undecodable {
    int type = bytes.getShort(entry + 2) & 0xffff;
    long size = unsigned(entry + 4) * (type < TYPE_BYTES.length ? TYPE_BYTES[type] : 1);
    if (size > 4 && unsigned(entry + 8) + size > bytes.capacity()) {
      throw new Undecodable(
          RejectReason.TRUNCATED_HEADER,
          "TIFF tag of %d bytes lies beyond the end".formatted(size));
    }
  }

  private long[] all(int tag) throws Undecodable {
    Integer entry = entries.get(tag);
    if (entry == null) {
      return new long[0];
    }
    int type = bytes.getShort(entry + 2) & 0xffff;
    if (type != 1 && type != 3 && type != 4) {
      throw new Undecodable(RejectReason.CORRUPT, "TIFF tag %d of type %d".formatted(tag, type));
    }
    int size = TYPE_BYTES[type];
    int count = (int) Math.min(unsigned(entry + 4), bytes.capacity());
    int from = (long) count * size <= 4 ? entry + 8 : (int) unsigned(entry + 8);
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

  private long one(int tag, long missing) throws Undecodable {
    long[] values = all(tag);
    return values.length == 0 ? missing : values[0];
  }

  /** Returns size and type of the image, after all checks. */
  ChannelHeader header() throws Undecodable {
    int channels = (int) one(CHANNELS, 1);
    Type type = type();
    if (channels < 1 || channels > PixelFormat.MOST_CHANNELS) {
      throw unsupported("%d channels (must be 1 to %d)", channels, PixelFormat.MOST_CHANNELS);
    }
    if (!COMPRESSIONS.contains(one(COMPRESSION, 1))) {
      throw unsupported("compression %d (must be none, LZW or deflate)", one(COMPRESSION, 1));
    }
    if (one(PHOTOMETRIC, 1) != 1 && one(PHOTOMETRIC, 1) != 2) {
      throw unsupported("photometric %d (must be black is zero, or RGB)", one(PHOTOMETRIC, 1));
    }
    int width = (int) Math.min(one(WIDTH, 0), Integer.MAX_VALUE);
    int height = (int) Math.min(one(HEIGHT, 0), Integer.MAX_VALUE);
    int size = ChannelImage.bytes(width, height, new PixelFormat(channels, type));
    requirePieces(width, height, channels, type.bytes(), size);
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
  private void requirePieces(long width, long height, int channels, int bytesOfValue, int size)
      throws Undecodable {
    boolean tiled = entries.containsKey(TILE_WIDTH);
    long across = tiled ? one(TILE_WIDTH, 0) : width;
    long down = tiled ? one(TILE_HEIGHT, 0) : Math.min(height, one(ROWS_PER_STRIP, height));
    if (across < 1
        || down < 1
        || across * down > ChannelImage.MOST_BYTES / channels / bytesOfValue) {
      throw new Undecodable(
          RejectReason.CORRUPT, "TIFF in pieces of %d x %d pixels".formatted(across, down));
    }
    long pieces = ((width + across - 1) / across) * ((height + down - 1) / down);
    long planes = one(PLANAR, 1) == 2 ? channels : 1;
    long[] offsets = all(tiled ? TILE_OFFSETS : STRIP_OFFSETS);
    long[] lengths = all(tiled ? TILE_BYTES : STRIP_BYTES);
    if (offsets.length != pieces * planes || lengths.length != offsets.length) {
      throw new Undecodable(
          RejectReason.CORRUPT,
          "TIFF with %d offsets and %d lengths of %d pieces"
              .formatted(offsets.length, lengths.length, pieces * planes));
    }
    long sum = 0;
    for (int i = 0; i < offsets.length; i++) {
      sum += lengths[i];
      if (offsets[i] + lengths[i] > bytes.capacity()) {
        throw new Undecodable(RejectReason.TRUNCATED, "TIFF ends before piece " + i);
      }
    }
    if (sum < (one(COMPRESSION, 1) == 1 ? size : size / MOST_OF_A_BYTE)) {
      throw new Undecodable(RejectReason.TRUNCATED, "TIFF of %d bytes in %d".formatted(size, sum));
    }
  }

  /** Returns whether values are differences of neighbours that the JDK's reader refuses to add. */
  boolean hasWideDifferences() throws Undecodable {
    return one(PREDICTOR, 1) == 2 && one(COMPRESSION, 1) != 1 && one(BITS, 1) == 16;
  }

  /** Returns a copy of the file that says its values are no differences. */
  byte[] withoutPredictor() {
    byte[] copy = bytes.array().clone();
    int at = entries.get(PREDICTOR);
    var file = ByteBuffer.wrap(copy).order(bytes.order());
    file.putShort(at + 2, (short) 3).putInt(at + 4, 1).putShort(at + 8, (short) 1);
    return copy;
  }

  /** Adds up the differences of neighbours, in each row of each strip or tile. */
  void addUp(ChannelImage image) throws Undecodable {
    int channels = image.format().channels();
    int row = image.width() * channels;
    int tile = (int) Math.min(row, one(TILE_WIDTH, image.width()) * channels);
    for (int y = 0; y < image.height(); y++) {
      for (int i = channels; i < row; i++) {
        if (i % tile >= channels) {
          int at = y * row + i;
          image.put(at, image.value(at) + image.value(at - channels));
        }
      }
    }
  }
}
