package io.sparkmae.job.averaging;

import io.sparkmae.job.averaging.Slices.Slice;
import io.sparkmae.model.Precision;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import java.util.List;
import org.apache.spark.storage.BlockId;

/**
 * What workers leave for those who average: their numbers, or in bf16, half as long, their
 * parameters' changes and their moments.
 *
 * <p>A change is small, and so is its rounding. A moment is rounded itself: the second plus a
 * rounded change could be negative.
 *
 * @param id of the blocks
 * @param precision that they travel in
 */
record Results(long id, Precision precision) implements Serializable {

  /** Whether a parameter is here as its difference from the average that workers started from. */
  boolean areChanges(Slice slice) {
    return slice.ofParams() && precision == Precision.BF16;
  }

  /**
   * Leaves a slice of a worker's result.
   *
   * @return false if the average that it started from is nowhere
   */
  boolean leave(Slice slice, int worker, FloatBuffer numbers, Average start) {
    BlockId block = Blocks.of(id, slice.index(), worker);
    if (precision == Precision.FP32) {
      Blocks.put(block, numbers);
      return true;
    }
    float[] result = new float[slice.length()];
    numbers.get(result);
    boolean whole = !areChanges(slice) || start.read(slice, from -> subtract(result, from));
    if (whole) {
      Blocks.put(block, rounded(result));
    }
    return whole;
  }

  private static void subtract(float[] result, FloatBuffer from) {
    for (int i = 0; i < result.length; i++) {
      result[i] -= from.get(i);
    }
  }

  private static ByteBuffer rounded(float[] numbers) {
    ByteBuffer bytes =
        ByteBuffer.allocate(numbers.length * Short.BYTES).order(ByteOrder.nativeOrder());
    ShortBuffer to = bytes.asShortBuffer();
    for (int i = 0; i < numbers.length; i++) {
      to.put(i, Bf16.of(numbers[i]));
    }
    return bytes;
  }

  /**
   * Reads a slice of a worker's result.
   *
   * @return false if nobody has it
   */
  boolean read(Slice slice, int worker, float[] into) {
    BlockId block = Blocks.of(id, slice.index(), worker);
    return precision == Precision.FP32
        ? Blocks.read(block, numbers -> numbers.get(into, 0, slice.length()))
        : Blocks.readBytes(block, false, bytes -> widen(bytes.asShortBuffer(), into));
  }

  /** Whether somebody has every one of these slices of a worker's result. */
  boolean areThere(List<Slice> slices, int worker) {
    return Blocks.areThere(
        slices.stream().map(slice -> Blocks.of(id, slice.index(), worker)).toList());
  }

  private static void widen(ShortBuffer numbers, float[] into) {
    for (int i = 0; i < numbers.limit(); i++) {
      into[i] = Bf16.toFloat(numbers.get(i));
    }
  }
}
