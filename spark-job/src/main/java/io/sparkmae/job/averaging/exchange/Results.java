package io.sparkmae.job.averaging.exchange;

import io.sparkmae.job.averaging.exchange.Slices.Slice;
import io.sparkmae.model.config.Precision;
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
public record Results(long id, Precision precision) implements Serializable {

  private static final int PIECE = 2048; // numbers

  /** Whether a parameter is here as its difference from the average that workers started from. */
  public boolean areChanges(Slice slice) {
    return slice.ofParams() && precision == Precision.BF16;
  }

  /**
   * Leaves a slice of a worker's result.
   *
   * @return false if the average that it started from is nowhere
   */
  public boolean leave(Slice slice, int worker, FloatBuffer numbers, Average start) {
    BlockId block = SparkBlocks.of(id, slice.index(), worker);
    if (precision == Precision.FP32) {
      SparkBlocks.put(block, numbers);
      return true;
    }
    float[] result = new float[slice.length()];
    numbers.get(result);
    boolean whole = !areChanges(slice) || start.read(slice, from -> subtract(result, from));
    if (whole) {
      SparkBlocks.put(block, rounded(result));
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

  /** Takes the numbers [at, at + length) of a slice, from the beginning of {@code piece}. */
  @FunctionalInterface
  public interface Taker {

    void take(float[] piece, int at, int length);
  }

  /**
   * Reads a slice of a worker's result, piece by piece: they stay in the core's nearest cache.
   *
   * @return false if nobody has it
   */
  public boolean read(Slice slice, int worker, Taker taker) {
    BlockId block = SparkBlocks.of(id, slice.index(), worker);
    return SparkBlocks.readBytes(block, false, bytes -> hand(slice, bytes, taker));
  }

  private void hand(Slice slice, ByteBuffer bytes, Taker taker) {
    float[] piece = new float[PIECE];
    FloatBuffer numbers = bytes.asFloatBuffer();
    ShortBuffer rounded = bytes.asShortBuffer();
    for (int at = 0; at < slice.length(); at += PIECE) {
      int length = Math.min(PIECE, slice.length() - at);
      if (precision == Precision.FP32) {
        numbers.get(at, piece, 0, length);
      } else {
        widen(rounded, at, piece, length);
      }
      taker.take(piece, at, length);
    }
  }

  private static void widen(ShortBuffer numbers, int at, float[] into, int length) {
    for (int i = 0; i < length; i++) {
      into[i] = Bf16.toFloat(numbers.get(at + i));
    }
  }

  /** Takes back what a worker left here. */
  public void forget(List<Slice> slices, int worker) {
    if (id != Average.NONE) {
      slices.forEach(slice -> SparkBlocks.forget(SparkBlocks.of(id, slice.index(), worker)));
    }
  }

  /** Whether somebody has every one of these slices of a worker's result. */
  public boolean areThere(List<Slice> slices, int worker) {
    return SparkBlocks.areThere(
        slices.stream().map(slice -> SparkBlocks.of(id, slice.index(), worker)).toList());
  }
}
