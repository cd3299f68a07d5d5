package io.sparkmae.model.file;

import io.sparkmae.model.engine.device.HostVector;
import io.sparkmae.model.file.SafetensorsHeader.Entry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import java.util.stream.Stream;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A tensor in a safetensors file that is read by ranges.
 *
 * @param name the file's
 * @param start where the file's data begins
 */
public record StoredTensor(String name, Ranges file, long start, Entry entry) {

  private static final int PIECE = 1 << 20; // numbers

  /**
   * Reads the numbers as fp32 into a part of {@code into}, in the file's order; halves are widened
   * exactly.
   *
   * @param into dense fp32, of any shape
   * @param from the first number there
   * @throws BadWeights if they are of another type
   */
  public void read(INDArray into, long from) throws IOException {
    Widening format = format();
    INDArray flat = into.reshape(into.length());
    long length = (entry.to() - entry.from()) / format.width();
    byte[] bytes = new byte[(int) Math.min(PIECE, length) * format.width()];
    for (long done = 0; done < length; ) {
      int count = (int) Math.min(PIECE, length - done);
      file.read(start + entry.from() + done * format.width(), bytes, count * format.width());
      ByteBuffer piece =
          ByteBuffer.wrap(bytes, 0, count * format.width()).order(ByteOrder.LITTLE_ENDIAN);
      format.widen(piece, HostVector.view(flat, from + done, count));
      done += count;
    }
  }

  private Widening format() throws BadWeights {
    return Stream.of(Widening.values())
        .filter(known -> known.name().equals(entry.type()))
        .findFirst()
        .orElseThrow(
            () ->
                new BadWeights(
                    "Cannot read tensor %s: its type is %s (must be F32, F16 or BF16)"
                        .formatted(name, entry.type())));
  }

  /** Returns the place of this tensor in the reference's state dict; empty if it has none. */
  public Optional<ForeignNames.Place> place() {
    return ForeignNames.place(name);
  }
}
