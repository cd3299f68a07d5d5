package io.sparkmae.job.track;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The file against a reader of its own: another checksum, and fields as they come. */
class EventFileTest {

  @Test
  void aFileBeginsAsTensorFlowsDo() throws IOException {
    byte[] file = write(List.of());
    // length 24 and its checksum, then wall_time's key: the first bytes of every TensorFlow's file
    assertThat(HexFormat.of().formatHex(file, 0, 13)).isEqualTo("1800000000000000a37f4b2209");
    assertThat(file).hasSize(8 + 4 + 24 + 4);
    assertThat(new String(file, 23, 13, StandardCharsets.US_ASCII)).isEqualTo("brain.Event:2");
  }

  @Test
  void scalarsAreReadBackByAnIndependentReader() throws IOException {
    List<Scalars> written = new ArrayList<>();
    for (long step : new long[] {1, 127, 128, 1L << 40}) {
      Map<String, Double> values = new HashMap<>();
      values.put("loss", 1.0 / step);
      values.put("accuracy/top1", 0.5);
      written.add(new Scalars(step, 1.7e9 + step, values));
    }
    List<Scalars> read = read(write(written));
    assertThat(read).hasSameSizeAs(written);
    for (int i = 0; i < read.size(); i++) {
      assertThat(read.get(i).step()).isEqualTo(written.get(i).step());
      assertThat(read.get(i).time()).isEqualTo(written.get(i).time());
      assertThat(read.get(i).values()).hasSize(2).containsEntry("accuracy/top1", 0.5);
      double loss = written.get(i).values().get("loss");
      assertThat(read.get(i).values().get("loss")).isCloseTo(loss, within(1e-7 * loss));
    }
  }

  private static byte[] write(List<Scalars> scalars) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    EventFile.of(scalars).writeTo(out);
    return out.toByteArray();
  }

  private static List<Scalars> read(byte[] file) {
    ByteBuffer in = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    List<Scalars> scalars = new ArrayList<>();
    boolean first = true;
    while (in.hasRemaining()) {
      byte[] length = new byte[8];
      in.get(length);
      assertThat(in.getInt()).isEqualTo(masked(length));
      byte[] data =
          new byte[(int) ByteBuffer.wrap(length).order(ByteOrder.LITTLE_ENDIAN).getLong()];
      in.get(data);
      assertThat(in.getInt()).isEqualTo(masked(data));
      if (!first) {
        scalars.add(event(ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN)));
      }
      first = false;
    }
    return scalars;
  }

  private static Scalars event(ByteBuffer in) {
    long step = 0;
    double time = 0;
    Map<String, Double> values = new HashMap<>();
    while (in.hasRemaining()) {
      switch (in.get()) {
        case 0x09 -> time = in.getDouble();
        case 0x10 -> step = varint(in);
        case 0x2a -> {
          ByteBuffer summary = part(in);
          while (summary.hasRemaining()) {
            assertThat(summary.get()).isEqualTo((byte) 0x0a);
            ByteBuffer value = part(summary);
            assertThat(value.get()).isEqualTo((byte) 0x0a);
            String tag = StandardCharsets.UTF_8.decode(part(value)).toString();
            assertThat(value.get()).isEqualTo((byte) 0x15);
            values.put(tag, (double) value.getFloat());
          }
        }
        default -> throw new AssertionError("a field that an event has not");
      }
    }
    return new Scalars(step, time, values);
  }

  private static ByteBuffer part(ByteBuffer in) {
    int length = (int) varint(in);
    ByteBuffer part = in.slice(in.position(), length).order(ByteOrder.LITTLE_ENDIAN);
    in.position(in.position() + length);
    return part;
  }

  private static long varint(ByteBuffer in) {
    long value = 0;
    for (int shift = 0; ; shift += 7) {
      byte next = in.get();
      value |= (next & 0x7fL) << shift;
      if (next >= 0) {
        return value;
      }
    }
  }

  /** CRC-32C bit by bit, by its reversed polynomial, masked as TFRecord says. */
  private static int masked(byte[] data) {
    int crc = ~0;
    for (byte b : data) {
      crc ^= b & 0xff;
      for (int bit = 0; bit < 8; bit++) {
        crc = crc >>> 1 ^ (0x82f63b78 & -(crc & 1));
      }
    }
    crc = ~crc;
    return (crc >>> 15 | crc << 17) + 0xa282ead8;
  }
}
