package io.sparkmae.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkmae.model.file.Safetensors;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class SafetensorsIT {

  private static final long LENGTH = (1L << 31) + 24;

  @Test
  void aTensorBeyondTwoGibibytesIsReadAndWritten() throws IOException {
    INDArray tensor = read();
    try {
      assertThat(tensor.length()).isEqualTo(LENGTH);
      Numbered numbers = new Numbered();
      Safetensors.write(tensor, new Compared(numbers));
      assertThat(numbers.position).isEqualTo(LENGTH);
    } finally {
      tensor.close();
    }
  }

  private static INDArray read() throws IOException {
    INDArray one = Nd4j.zeros(DataType.UINT8, 1);
    var small = new ByteArrayOutputStream();
    new Safetensors(Map.of("a", one), Map.of()).write(small);
    byte[] header = Arrays.copyOfRange(small.toByteArray(), 8, small.size() - 1);
    String text =
        new String(header).trim().replace("[1]", "[" + LENGTH + "]").replace("0,1", "0," + LENGTH);
    byte[] file = new byte[8 + text.length()];
    file[0] = (byte) text.length();
    System.arraycopy(text.getBytes(), 0, file, 8, text.length());
    var in = new SequenceInputStream(new ByteArrayInputStream(file), new Numbered());
    return Safetensors.read(in).tensors().get("a");
  }

  /** Bytes that tell where they are, as far as one does. */
  private static final class Numbered extends InputStream {
    private long position;

    @Override
    public int read() {
      return position == LENGTH ? -1 : (int) (position++ * 2_654_435_761L >>> 24) & 0xff;
    }

    @Override
    public int read(byte[] to, int from, int length) {
      int count = (int) Math.min(length, LENGTH - position);
      for (int i = 0; i < count; i++) {
        to[from + i] = (byte) read();
      }
      return count == 0 && length > 0 ? -1 : count;
    }
  }

  private static final class Compared extends OutputStream {
    private final InputStream expected;

    Compared(InputStream expected) {
      this.expected = expected;
    }

    @Override
    public void write(int value) {
      throw new UnsupportedOperationException("Pieces are written");
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
      byte[] wanted = expected.readNBytes(length);
      assertThat(Arrays.mismatch(wanted, 0, length, bytes, from, from + length)).isEqualTo(-1);
    }
  }
}
