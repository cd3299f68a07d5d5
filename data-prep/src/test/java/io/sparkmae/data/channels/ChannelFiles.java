package io.sparkmae.data.channels;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.sparkmae.data.image.PixelFormat;
import io.sparkmae.data.image.SampleSeed;
import io.sparkmae.data.image.SampleSeed.Draws;
import io.sparkmae.data.image.Undecodable;
import java.awt.Transparency;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.WritableRaster;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.DeflaterOutputStream;
import javax.imageio.ImageIO;

/** Writes small images of any channels as the files that people have. */
public final class ChannelFiles {
  static final int NONE = 1;
  static final int LZW = 5;
  static final int DEFLATE = 8;

  private ChannelFiles() {}

  /** Returns an image with a slope and noise, which differs from others. */
  public static ChannelImage image(int number, int width, int height, PixelFormat format) {
    Draws draws = SampleSeed.stream(number, 5);
    ChannelImage image = blank(width, height, format);
    int largest = format.type().largest();
    for (int i = 0; i < width * height * format.channels(); i++) {
      int pixel = i / format.channels();
      int slope = (pixel % width + pixel / width) * largest / (2 * (width + height));
      int channel = i % format.channels() * largest / 40;
      image.put(i, Math.min(largest, slope + channel + draws.below(largest / 3)));
    }
    return image;
  }

  /** Returns the array file of {@link #image}. */
  public static byte[] npy(int number, int width, int height, PixelFormat format) {
    return image(number, width, height, format).npy();
  }

  static ChannelImage blank(int width, int height, PixelFormat format) {
    try {
      return ChannelImage.blank(width, height, format);
    } catch (Undecodable e) {
      throw new IllegalArgumentException(e);
    }
  }

  /**
   * Returns an array with the given axes: for each its size, and its step in the image's values.
   */
  static byte[] npy(
      ChannelImage image, String descr, boolean fortran, int version, int[] shape, int[] steps) {
    String order = fortran ? "True" : "False";
    String axes =
        Arrays.toString(shape).replace('[', '(').replace("]", shape.length == 1 ? ",)" : ")");
    String header =
        "{'descr': '%s', 'fortran_order': %s, 'shape': %s, }\n".formatted(descr, order, axes);
    int lengths = version == 1 ? 2 : 4;
    int count = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    int size = image.format().type().bytes();
    ByteBuffer file =
        ByteBuffer.allocate(8 + lengths + header.length() + count * size)
            .order(ByteOrder.LITTLE_ENDIAN);
    file.put("\u0093NUMPY".getBytes(ISO_8859_1)).put((byte) version).put((byte) 0);
    if (version == 1) {
      file.putShort((short) header.length());
    } else {
      file.putInt(header.length());
    }
    file.put(header.getBytes(ISO_8859_1));
    file.order(descr.startsWith(">") ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
    int[] at = new int[shape.length];
    for (int i = 0; i < count; i++) {
      int rest = i;
      for (int k = 0; k < shape.length; k++) {
        int axis = fortran ? k : shape.length - 1 - k; // the first varies fastest, or the last
        at[axis] = rest % shape[axis];
        rest /= shape[axis];
      }
      int index = 0;
      for (int axis = 0; axis < shape.length; axis++) {
        index += at[axis] * steps[axis];
      }
      put(file, size, image.value(index));
    }
    return file.array();
  }

  private static void put(ByteBuffer to, int size, int value) {
    if (size == 1) {
      to.put((byte) value);
    } else {
      to.putShort((short) value);
    }
  }

  /** Returns a TIFF as satellites' have it: planar, in tiles, of differences, packed by LZW. */
  public static byte[] tiff(ChannelImage image) {
    return tiff(image, new TiffWay(true, LZW, false, true, 16));
  }

  /** How a TIFF is written. */
  record TiffWay(
      boolean planar, int compression, boolean bigEndian, boolean differences, int tile) {}

  /** Returns a TIFF in strips of five rows, or in square tiles. */
  static byte[] tiff(ChannelImage image, TiffWay way) {
    PixelFormat format = image.format();
    int channels = format.channels();
    ByteOrder order = way.bigEndian ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
    int across = way.tile > 0 ? way.tile : image.width();
    int down = way.tile > 0 ? way.tile : 5;
    var pieces = new ArrayList<byte[]>();
    for (int plane = 0; plane < (way.planar ? channels : 1); plane++) {
      for (int top = 0; top < image.height(); top += down) {
        for (int left = 0; left < image.width(); left += across) {
          int rows = way.tile > 0 ? down : Math.min(down, image.height() - top);
          int from = way.planar ? plane : 0;
          int count = way.planar ? 1 : channels;
          pieces.add(packed(piece(image, left, top, across, rows, from, count, way, order), way));
        }
      }
    }
    Map<Integer, long[]> tags = new TreeMap<>();
    long[] bits = new long[channels];
    Arrays.fill(bits, 8L * format.type().bytes());
    long[] unsigned = new long[channels];
    Arrays.fill(unsigned, 1);
    tags.put(256, new long[] {image.width()});
    tags.put(257, new long[] {image.height()});
    tags.put(258, bits);
    tags.put(259, new long[] {way.compression});
    tags.put(262, new long[] {1});
    tags.put(277, new long[] {channels});
    tags.put(284, new long[] {way.planar ? 2 : 1});
    if (channels > 1) {
      tags.put(338, new long[channels - 1]);
    }
    tags.put(339, unsigned);
    if (way.differences) {
      tags.put(317, new long[] {2});
    }
    if (way.tile > 0) {
      tags.put(322, new long[] {across});
      tags.put(323, new long[] {down});
    } else {
      tags.put(278, new long[] {down});
    }
    return file(tags, pieces, way.tile > 0, order);
  }

  private static byte[] piece(
      ChannelImage image,
      int left,
      int top,
      int width,
      int rows,
      int first,
      int channels,
      TiffWay way,
      ByteOrder order) {
    int size = image.format().type().bytes();
    ByteBuffer piece = ByteBuffer.allocate(width * rows * channels * size).order(order);
    for (int y = 0; y < rows; y++) {
      int[] before = new int[channels];
      for (int x = 0; x < width; x++) {
        boolean inside = left + x < image.width() && top + y < image.height();
        for (int c = 0; c < channels; c++) {
          int pixel = (top + y) * image.width() + left + x;
          int value = inside ? image.value(pixel * image.format().channels() + first + c) : 0;
          put(piece, size, way.differences ? value - before[c] : value);
          before[c] = value;
        }
      }
    }
    return piece.array();
  }

  private static byte[] packed(byte[] piece, TiffWay way) {
    if (way.compression == LZW) {
      return lzw(piece);
    }
    if (way.compression == NONE) {
      return piece;
    }
    var out = new ByteArrayOutputStream();
    try (var deflate = new DeflaterOutputStream(out)) {
      deflate.write(piece);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return out.toByteArray();
  }

  private static byte[] file(
      Map<Integer, long[]> tags, List<byte[]> pieces, boolean tiled, ByteOrder order) {
    int end = 8;
    long[] offsets = new long[pieces.size()];
    for (int i = 0; i < offsets.length; i++) {
      offsets[i] = end;
      end += (pieces.get(i).length + 1) / 2 * 2;
    }
    tags.put(tiled ? 324 : 273, offsets);
    tags.put(tiled ? 325 : 279, pieces.stream().mapToLong(piece -> piece.length).toArray());
    int beyond = end + 2 + 12 * tags.size() + 4;
    int total =
        beyond + tags.values().stream().mapToInt(v -> v.length > 1 ? 4 * v.length : 0).sum();
    ByteBuffer file = ByteBuffer.allocate(total).order(order);
    file.put((order == ByteOrder.LITTLE_ENDIAN ? "II" : "MM").getBytes(ISO_8859_1));
    file.putShort((short) 42).putInt(end);
    for (int i = 0; i < offsets.length; i++) {
      file.position((int) offsets[i]).put(pieces.get(i));
    }
    file.position(end).putShort((short) tags.size());
    for (var tag : tags.entrySet()) {
      long[] values = tag.getValue();
      // numbers of bits must be shorts
      boolean shorts = !List.of(256, 257, 273, 278, 279, 322, 323, 324, 325).contains(tag.getKey());
      file.putShort((short) (int) tag.getKey()).putShort((short) (shorts ? 3 : 4));
      file.putInt(values.length);
      int size = shorts ? 2 : 4;
      int at = values.length * size <= 4 ? file.position() : beyond;
      int next = file.position() + 4;
      if (at == beyond) {
        file.putInt(beyond);
        beyond += values.length * size;
      }
      file.position(at);
      for (long value : values) {
        put(file, size, value);
      }
      file.position(next);
    }
    return file.array();
  }

  private static void put(ByteBuffer file, int size, long value) {
    if (size == 2) {
      file.putShort((short) value);
    } else {
      file.putInt((int) value);
    }
  }

  /** TIFF's LZW: codes of 9 to 12 bits, upper bits first. */
  private static byte[] lzw(byte[] bytes) {
    var out = new ByteArrayOutputStream();
    var codes = new int[] {0, 0}; // bits, and how many
    Map<String, Integer> table = new HashMap<>();
    int next = 258;
    int width = 9;
    write(out, codes, 256, width);
    String known = "";
    for (byte b : bytes) {
      String longer = known + (char) (b & 0xff);
      if (longer.length() == 1 || table.containsKey(longer)) {
        known = longer;
        continue;
      }
      write(out, codes, known.length() == 1 ? known.charAt(0) : table.get(known), width);
      table.put(longer, next++);
      known = longer.substring(longer.length() - 1);
      if (next == 4095) {
        write(out, codes, 256, width);
        table.clear();
        next = 258;
        width = 9;
      } else if (next == 512 || next == 1024 || next == 2048) {
        width++;
      }
    }
    write(out, codes, known.length() == 1 ? known.charAt(0) : table.get(known), width);
    next++;
    write(out, codes, 257, next == 512 || next == 1024 || next == 2048 ? width + 1 : width);
    write(out, codes, 0, 7);
    return out.toByteArray();
  }

  private static void write(ByteArrayOutputStream out, int[] codes, int code, int width) {
    codes[0] = codes[0] << width | code;
    codes[1] += width;
    while (codes[1] >= 8) {
      codes[1] -= 8;
      out.write(codes[0] >> codes[1]);
      codes[0] &= (1 << codes[1]) - 1;
    }
  }

  /** Returns a PNG of 1 to 4 channels: grey, grey and alpha, RGB, RGBA. */
  public static byte[] png(ChannelImage image) {
    int channels = image.format().channels();
    int bits = 8 * image.format().type().bytes();
    var type =
        switch (channels) {
          case 1, 2 -> ColorSpace.getInstance(ColorSpace.CS_GRAY);
          default -> ColorSpace.getInstance(ColorSpace.CS_sRGB);
        };
    int data = bits == 8 ? DataBuffer.TYPE_BYTE : DataBuffer.TYPE_USHORT;
    boolean alpha = channels % 2 == 0;
    var model =
        new ComponentColorModel(
            type, alpha, false, alpha ? Transparency.TRANSLUCENT : Transparency.OPAQUE, data);
    WritableRaster raster = model.createCompatibleWritableRaster(image.width(), image.height());
    int[] values = new int[image.width() * image.height() * channels];
    Arrays.setAll(values, image::value);
    raster.setPixels(0, 0, image.width(), image.height(), values);
    var out = new ByteArrayOutputStream();
    try {
      ImageIO.write(new BufferedImage(model, raster, false, null), "png", out);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return out.toByteArray();
  }
}
