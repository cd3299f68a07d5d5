package io.sparkmae.data.channels;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.sparkmae.data.image.PixelFormat;
import io.sparkmae.data.image.PixelFormat.Type;
import io.sparkmae.data.image.RejectReason;
import io.sparkmae.data.image.Undecodable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The header of a NumPy array file, format 1.0 or 2.0.
 *
 * @param type of a value
 * @param bigEndian whether the upper byte of a value comes first
 * @param fortran whether the first axis varies fastest
 * @param shape the axes: [height, width], or with channels last or first
 * @param start of the values, in bytes
 * @see <a href="https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html">the
 *     format</a>
 */
record Npy(Type type, boolean bigEndian, boolean fortran, long[] shape, int start) {
  static final String MAGIC = "\u0093NUMPY";

  private static final int MOST_HEADER = 1 << 16;
  private static final int MOST_AXES = 3;
  private static final int MOST_DIGITS = 9;
  private static final Pattern DESCR =
      Pattern.compile("['\"]descr['\"]\\s*:\\s*['\"]([^'\"]*)['\"]");
  private static final Pattern ORDER =
      Pattern.compile("['\"]fortran_order['\"]\\s*:\\s*(True|False)");
  private static final Pattern SHAPE =
      Pattern.compile("['\"]shape['\"]\\s*:\\s*\\(([\\dL,\\s]*+)\\)");

  /** Where the axes of an image are in the file: sizes, and the distances of neighbours. */
  private record Axes(int width, int height, int channels, long right, long down, long next) {}

  /** Reads a header that begins with {@link #MAGIC}. */
  static Npy of(byte[] bytes) throws Undecodable {
    int lengths = bytes.length < 8 ? 0 : bytes[6] == 1 ? 2 : 4;
    if (bytes.length < 8 + lengths) {
      throw new Undecodable(
          RejectReason.TRUNCATED_HEADER, "npy of %d bytes".formatted(bytes.length));
    }
    if (bytes[6] != 1 && bytes[6] != 2) {
      throw new Undecodable(
          RejectReason.UNSUPPORTED, "npy format %d (must be 1 or 2)".formatted(bytes[6]));
    }
    var head = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    long length = lengths == 2 ? head.getShort(8) & 0xffff : head.getInt(8) & 0xffffffffL;
    int from = 8 + lengths;
    if (length > MOST_HEADER) {
      throw new Undecodable(RejectReason.CORRUPT, "npy header of %d bytes".formatted(length));
    }
    if (bytes.length < from + length) {
      throw new Undecodable(
          RejectReason.TRUNCATED_HEADER, "npy of %d bytes".formatted(bytes.length));
    }
    return of(new String(bytes, from, (int) length, ISO_8859_1), from + (int) length);
  }

  private static Npy of(String header, int start) throws Undecodable {
    String descr = find(DESCR, header);
    boolean known = descr.matches("[|<>=]?u1|[<>=]u2");
    if (!known) {
      throw new Undecodable(
          RejectReason.UNSUPPORTED, "npy of %s (must be uint8 or uint16)".formatted(descr));
    }
    List<String> sizes =
        Arrays.stream(find(SHAPE, header).split("[L,\\s]+")).filter(s -> !s.isEmpty()).toList();
    if (sizes.size() > MOST_AXES || sizes.stream().anyMatch(size -> size.length() > MOST_DIGITS)) {
      throw new Undecodable(RejectReason.UNSUPPORTED, "npy of shape " + sizes);
    }
    long[] shape = sizes.stream().mapToLong(Long::parseLong).toArray();
    Type type = descr.endsWith("1") ? Type.UINT8 : Type.UINT16;
    boolean fortran = find(ORDER, header).equals("True");
    return new Npy(type, descr.startsWith(">"), fortran, shape, start);
  }

  private static String find(Pattern pattern, String header) throws Undecodable {
    Matcher matcher = pattern.matcher(header);
    if (!matcher.find()) {
      throw new Undecodable(RejectReason.CORRUPT, "npy header without " + pattern.pattern());
    }
    return matcher.group(1);
  }

  /** Returns size and type of the image, read as one of {@code channels}. */
  ChannelHeader header(int channels) throws Undecodable {
    Axes axes = axes(channels);
    return new ChannelHeader("NPY", axes.width, axes.height, channels, type);
  }

  /**
   * Finds the axes: [H, W] is one channel; of three axes the last is the channels if it has that
   * size, else the first.
   */
  private Axes axes(int channels) throws Undecodable {
    boolean plane = shape.length == 2 && channels == 1;
    boolean last = shape.length == 3 && shape[2] == channels;
    boolean first = shape.length == 3 && shape[0] == channels;
    if (!plane && !last && !first) {
      throw new Undecodable(
          RejectReason.UNSUPPORTED,
          "npy of shape %s has no axis of %d channels".formatted(Arrays.toString(shape), channels));
    }
    int y = plane || last ? 0 : 1;
    int c = last ? 2 : 0;
    int width = size(shape[y + 1]);
    int height = size(shape[y]);
    ChannelImage.bytes(width, height, new PixelFormat(channels, type)); // or else none is
    return new Axes(width, height, channels, stride(y + 1), stride(y), plane ? 0 : stride(c));
  }

  private static int size(long size) {
    return (int) Math.min(size, Integer.MAX_VALUE);
  }

  /** Returns the distance of neighbours along an axis, in values. */
  private long stride(int axis) {
    long stride = 1;
    for (int other = 0; other < shape.length; other++) {
      if (fortran ? other < axis : other > axis) {
        stride *= shape[other];
      }
    }
    return stride;
  }

  /** Reads the values of an image of this file's type. */
  ChannelImage read(byte[] bytes, int channels) throws Undecodable {
    Axes axes = axes(channels);
    var format = new PixelFormat(channels, type);
    long there = bytes.length - start;
    int needed = ChannelImage.bytes(axes.width, axes.height, format);
    if (there < needed) {
      throw new Undecodable(
          RejectReason.TRUNCATED, "npy has %d of %d bytes of values".formatted(there, needed));
    }
    return image(axes, format, bytes);
  }

  private ChannelImage image(Axes axes, PixelFormat format, byte[] bytes) throws Undecodable {
    ChannelImage image = ChannelImage.blank(axes.width, axes.height, format);
    int channels = format.channels();
    int to = 0;
    for (int y = 0; y < axes.height; y++) {
      for (int x = 0; x < axes.width; x++) {
        for (int c = 0; c < channels; c++) {
          image.put(to++, value(bytes, (int) (y * axes.down + x * axes.right + c * axes.next)));
        }
      }
    }
    return image;
  }

  private int value(byte[] bytes, int index) {
    int at = start + index * type.bytes();
    if (type == Type.UINT8) {
      return bytes[at] & 0xff;
    }
    int first = bytes[at] & 0xff;
    int second = bytes[at + 1] & 0xff;
    return bigEndian ? first << 8 | second : second << 8 | first;
  }

  /** Returns an image as a file of format 1.0, [height, width, channels]. */
  static byte[] write(ChannelImage image) {
    PixelFormat format = image.format();
    String text =
        "{'descr': '%s', 'fortran_order': False, 'shape': (%d, %d, %d), }"
            .formatted(
                format.type() == Type.UINT8 ? "|u1" : "<u2",
                image.height(),
                image.width(),
                format.channels());
    int length = (10 + text.length() + 1 + 63) / 64 * 64 - 10; // values begin at a multiple of 64
    String padded = text + " ".repeat(length - text.length() - 1) + "\n";
    return ByteBuffer.allocate(10 + length + image.values().length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put(MAGIC.getBytes(ISO_8859_1))
        .put(new byte[] {1, 0})
        .putShort((short) length)
        .put(padded.getBytes(ISO_8859_1))
        .put(image.values())
        .array();
  }
}
