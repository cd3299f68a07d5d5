package io.sparkmae.job.averaging.exchange;

import io.sparkmae.job.averaging.exchange.Slices.Slice;
import io.sparkmae.job.spark.SparkBlocks;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import java.util.List;
import org.apache.spark.storage.BlockId;

/**
 * The results of workers, stored as blocks for averaging. In fp32 they are parameters and moments;
 * in bf16, half as long, the parameters' differences from the start, and moments; in int4 these
 * differences in an eighth, and moments as they are.
 *
 * <p>A difference is small, and so is its rounding error. Moments are not stored as differences: a
 * second moment plus a rounded difference could be negative.
 *
 * @param id of the blocks
 * @param precision number format of the blocks
 */
public record Results(int id, ExchangePrecision precision) implements Serializable {

  private static final int PIECE = 8 * LowBits.BLOCK; // numbers

  /** As {@link ExchangePrecision#areChanges}. */
  public boolean areChanges(Slice slice) {
    return precision.areChanges(slice);
  }

  /**
   * Stores a slice of a worker's result as a block on this executor.
   *
   * @return false if no executor has that slice of the average that it started from
   */
  public boolean leave(Slice slice, int worker, FloatBuffer numbers, Average start) {
    BlockId block = SparkBlocks.of(id, slice.index(), worker);
    if (isWhole(slice)) {
      SparkBlocks.put(block, numbers);
      return true;
    }
    float[] result = new float[slice.length()];
    numbers.get(result);
    boolean there = !areChanges(slice) || start.read(slice, from -> subtract(result, from));
    if (there) {
      SparkBlocks.put(
          block,
          precision.isCoded(slice)
              ? LowBits.encode(result, result.length, start.iteration(), worker, slice.index())
              : rounded(result));
    }
    return there;
  }

  private boolean isWhole(Slice slice) {
    return precision != ExchangePrecision.BF16 && !precision.isCoded(slice);
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
   * Receives the numbers [at, at + length) of a slice; they are at the beginning of {@code piece}.
   */
  @FunctionalInterface
  public interface Taker {

    void take(float[] piece, int at, int length);
  }

  /**
   * Reads a slice of a worker's result, in pieces that fit the first-level cache.
   *
   * @return false if no executor has it
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
      if (isWhole(slice)) {
        numbers.get(at, piece, 0, length);
      } else if (precision.isCoded(slice)) {
        LowBits.decode(bytes, at, piece, length);
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

  /** Removes slices of a worker's result from this executor. */
  public void forget(List<Slice> slices, int worker) {
    if (id != Average.NONE) {
      slices.forEach(slice -> SparkBlocks.forget(SparkBlocks.of(id, slice.index(), worker)));
    }
  }

  /** Returns whether each of these slices of a worker's result is on some executor. */
  public boolean areThere(List<Slice> slices, int worker) {
    return SparkBlocks.areThere(
        slices.stream().map(slice -> SparkBlocks.of(id, slice.index(), worker)).toList());
  }
}
