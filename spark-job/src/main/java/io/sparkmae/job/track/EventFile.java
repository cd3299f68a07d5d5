package io.sparkmae.job.track;

import io.sparkmae.job.store.Content;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * A file of scalars that TensorBoard reads: TFRecords, each a protocol buffer {@code
 * tensorflow.Event}.
 *
 * <p>A record is its length (uint64), the length's checksum, the data and the data's checksum, all
 * little-endian; a checksum is CRC-32C rotated by 15 bits to the right, plus a constant.
 */
public final class EventFile {

  /** The name of the file in a version; TensorBoard looks for {@code tfevents}. */
  public static final String FILE = "events.out.tfevents.0000000000.spark-mae";

  private static final int MASK = 0xa282ead8;

  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int BYTES = 2;
  private static final int FIXED32 = 5;

  private EventFile() {}

  /** Returns the file's content; {@code scalars} may be in any order of steps. */
  public static Content of(List<Scalars> scalars) {
    return out -> {
      double start = scalars.isEmpty() ? 0 : scalars.get(0).time();
      record(out, header(start));
      for (Scalars moment : scalars) {
        record(out, event(moment));
      }
    };
  }

  private static byte[] header(double time) {
    Message event = new Message();
    event.float64(1, time); // wall_time
    event.bytes(3, "brain.Event:2".getBytes(StandardCharsets.UTF_8)); // file_version
    return event.toByteArray();
  }

  private static byte[] event(Scalars moment) {
    Message summary = new Message();
    moment
        .values()
        .forEach(
            (name, value) -> {
              Message scalar = new Message();
              scalar.bytes(1, name.getBytes(StandardCharsets.UTF_8)); // tag
              scalar.float32(2, value.floatValue()); // simple_value
              summary.bytes(1, scalar.toByteArray()); // value
            });
    Message event = new Message();
    event.float64(1, moment.time()); // wall_time
    event.int64(2, moment.step()); // step
    event.bytes(5, summary.toByteArray()); // summary
    return event.toByteArray();
  }

  private static void record(OutputStream out, byte[] data) throws IOException {
    byte[] length =
        ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(data.length).array();
    out.write(length);
    out.write(checksum(length));
    out.write(data);
    out.write(checksum(data));
  }

  private static byte[] checksum(byte[] data) {
    CRC32C crc = new CRC32C();
    crc.update(data);
    int masked = Integer.rotateRight((int) crc.getValue(), 15) + MASK;
    return ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(masked).array();
  }

  /** A protocol buffer that is being written, field by field. */
  private static final class Message extends ByteArrayOutputStream {

    void float64(int field, double value) {
      varint(field << 3 | FIXED64);
      fixed(8, Double.doubleToLongBits(value));
    }

    void float32(int field, float value) {
      varint(field << 3 | FIXED32);
      fixed(4, Float.floatToIntBits(value));
    }

    void int64(int field, long value) {
      varint(field << 3 | VARINT);
      varint(value);
    }

    void bytes(int field, byte[] value) {
      varint(field << 3 | BYTES);
      varint(value.length);
      writeBytes(value);
    }

    private void fixed(int bytes, long value) {
      for (int i = 0; i < bytes; i++) {
        write((int) (value >>> 8 * i));
      }
    }

    private void varint(long value) {
      long rest = value;
      while ((rest & ~0x7fL) != 0) {
        write((int) (rest & 0x7f | 0x80));
        rest >>>= 7;
      }
      write((int) rest);
    }
  }
}
