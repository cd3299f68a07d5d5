package io.sparkmae.data.image.codec;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.TreeMap;

/**
 * The first directory of a TIFF structure, as TIFF files and EXIF have it. What is damaged is
 * absent.
 */
public final class TiffDirectory {
  private static final int ENTRY = 12; // bytes: tag, type, count, value or its offset
  private static final int[] TYPE_BYTES = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8};

  private final ByteBuffer data;
  private final TreeMap<Integer, Integer> entries = new TreeMap<>(); // tag to position

  /**
   * Reads a directory from the bytes {@code from} to {@code to}, which begin with the byte order.
   */
  public TiffDirectory(byte[] bytes, int from, int to) {
    data = ByteBuffer.wrap(bytes, from, Math.max(0, to - from)).slice();
    if (data.limit() < 8) {
      return;
    }
    data.order(data.get(0) == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    long start = Integer.toUnsignedLong(data.getInt(4));
    if (data.getShort(2) != 42 || start < 8 || start + 2 > data.limit()) {
      return;
    }
    int count = data.getShort((int) start) & 0xffff;
    for (int i = 0, at = (int) start + 2; i < count && at + ENTRY <= data.limit(); i++) {
      entries.put(data.getShort(at) & 0xffff, at);
      at += ENTRY;
    }
  }

  /** Returns the number of values of a tag; 0 if it is absent, damaged, or not of whole numbers. */
  public int count(int tag) {
    Integer at = entries.get(tag);
    if (at == null) {
      return 0;
    }
    long count = Integer.toUnsignedLong(data.getInt(at + 4));
    int size = size(at);
    return size == 0 || position(at, count * size) < 0 ? 0 : (int) count;
  }

  /** Returns a value of a tag; {@code otherwise} if it has not as many. */
  public long value(int tag, int index, long otherwise) {
    if (index >= count(tag)) {
      return otherwise;
    }
    int position = position(tag, index);
    return switch (size(entries.get(tag))) {
      case 1 -> data.get(position) & 0xff;
      case 2 -> data.getShort(position) & 0xffff;
      default -> Integer.toUnsignedLong(data.getInt(position));
    };
  }

  /** Changes a value of 2 bytes; others stay. */
  public void setShort(int tag, int index, int value) {
    if (index < count(tag) && size(entries.get(tag)) == 2) {
      data.putShort(position(tag, index), (short) value);
    }
  }

  private int position(int tag, int index) {
    int at = entries.get(tag);
    int size = size(at);
    return position(at, (long) count(tag) * size) + index * size;
  }

  /** Returns a file of the same data whose one directory has these tags alone. */
  public byte[] only(int... tags) {
    int start = data.limit() + (data.limit() & 1);
    ByteBuffer file = ByteBuffer.allocate(start + 2 + tags.length * ENTRY + 4).order(data.order());
    file.put(data.duplicate().rewind());
    file.putInt(4, start).position(start + 2);
    short count = 0;
    for (int tag : tags) {
      if (count(tag) > 0) {
        file.put(data.slice(entries.get(tag), ENTRY));
        count++;
      }
    }
    return file.putShort(start, count).array();
  }

  /** Returns the bytes of one value: 1, 2 or 4, or 0 if it is not a whole number. */
  private int size(int at) {
    int type = data.getShort(at + 2) & 0xffff;
    int size = type < TYPE_BYTES.length ? TYPE_BYTES[type] : 0;
    return size > 4 || type == 11 ? 0 : size;
  }

  /** Returns where the values are; -1 if they lie outside. */
  private int position(int at, long length) {
    if (length <= 4) {
      return at + 8;
    }
    long offset = Integer.toUnsignedLong(data.getInt(at + 8));
    return offset + length > data.limit() ? -1 : (int) offset;
  }
}
