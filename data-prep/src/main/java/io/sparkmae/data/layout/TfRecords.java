package io.sparkmae.data.layout;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.Set;
import java.util.zip.CRC32C;
import org.apache.hadoop.conf.Configuration;

/**
 * The records of a range of a TFRecord file: those that begin in it.
 *
 * <p>A record is its length (8 bytes), the masked CRC-32C of these, the data, and its masked
 * CRC-32C. So the next record can be found from any byte on, at the next length with a valid
 * checksum. Bytes that are valid by chance give a length larger than any file.
 */
final class TfRecords implements AutoCloseable {
  static final int HEADER = 12;

  private final SourceFile file;
  private final long end;
  private final SourceInput in;
  private final TextLabels labels;
  private final byte[] header = new byte[HEADER];
  private boolean ended;

  TfRecords(SourceUnit unit, Map<String, Integer> labels, Configuration conf) {
    this.labels = new TextLabels(labels);
    this.file = unit.file(0);
    this.in = SourceInput.open(unit, unit.start(), conf);
    this.end = in.end();
    if (unit.start() > 0) {
      find();
    }
  }

  /** Returns the next image or reject; null at the end. */
  Sample next() {
    long at = in.position();
    if (ended) {
      return null;
    }
    int read = in.read(header);
    if (read < HEADER) {
      ended = true;
      boolean whole = read == 0 && at > 0 && in.fault().isEmpty();
      return whole ? null : cut(at);
    }
    ended = at >= end;
    if (!isHeader(header)) {
      find();
      return damaged(at, "the checksum of a record's length does not hold");
    }
    if (ended) { // the next range searches from here on, so that a header lost between is reported
      return null;
    }
    return record(at, little(header).getLong(0));
  }

  private Sample record(long at, long length) {
    if (length > Layout.MAX_BYTES) {
      ended = !in.skip(length + Integer.BYTES);
      return ended ? cut(at) : Layout.tooLarge(file.name() + "@" + at, length);
    }
    byte[] data = new byte[(int) length];
    byte[] checksum = new byte[Integer.BYTES];
    if (in.read(data) < length || in.read(checksum) < Integer.BYTES) {
      ended = true;
      return cut(at);
    }
    if (little(checksum).getInt() != masked(data, data.length)) {
      return damaged(at, "the checksum of a record's data does not hold");
    }
    return TfExample.sample(file.name() + "@" + at, data, labels);
  }

  /** Returns the labels read so far that are words. */
  Set<String> words() {
    return labels.words();
  }

  private Sample damaged(long at, String detail) {
    return Layout.damaged(file, at, detail);
  }

  private Sample cut(long at) {
    return damaged(
        at, at == 0 && in.position() == 0 ? "has no bytes" : "ends inside a record " + in.fault());
  }

  /** Moves to the next valid header, or to the end. */
  private void find() {
    while (true) {
      in.mark(HEADER);
      if (in.read(header) < HEADER) {
        return;
      }
      in.reset();
      if (isHeader(header)) {
        return;
      }
      in.skip(1);
    }
  }

  /** Returns whether a header's checksum is valid and its length possible in a file. */
  static boolean isHeader(byte[] header) {
    ByteBuffer fields = little(header);
    return fields.getLong(0) >>> 40 == 0 && fields.getInt(8) == masked(header, Long.BYTES);
  }

  static int masked(byte[] bytes, int length) {
    var crc = new CRC32C();
    crc.update(bytes, 0, length);
    return Integer.rotateRight((int) crc.getValue(), 15) + 0xa282ead8;
  }

  private static ByteBuffer little(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  @Override
  public void close() {
    in.close();
  }
}
