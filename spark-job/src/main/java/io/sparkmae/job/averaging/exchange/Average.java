package io.sparkmae.job.averaging.exchange;

import io.sparkmae.job.averaging.exchange.Slices.Slice;
import io.sparkmae.job.averaging.exchange.StoredState.Vector;
import io.sparkmae.job.spark.SparkBlocks;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.apache.spark.storage.BlockId;

/**
 * The average from which a round starts, and the ids of its blocks.
 *
 * @param id of the blocks of all slices that were averaged
 * @param withMoments whether moments were averaged too
 * @param ownMoments id of the blocks with each worker's own moments; {@link #NONE} at the start
 * @param outerMomentum id of the blocks of the outer step's momentum; {@link #NONE} without
 * @param code id of the blocks of the parameters' changes from the average before, as {@link
 *     LowBits}, and of moments; {@link #NONE} if all blocks have the first id
 * @param before id of the average before, if there is a code
 * @param iteration global number of the round's first step
 * @param epoch from 0
 */
public record Average(
    int id,
    boolean withMoments,
    int ownMoments,
    int outerMomentum,
    int code,
    int before,
    int iteration,
    int epoch)
    implements Serializable {

  public static final int NONE = -1;

  private static final int NO_WORKER = -1;

  /** Returns an average that has no code, and no moments of workers' own. */
  public static Average whole(
      boolean withMoments, boolean outerMomentum, int iteration, int epoch) {
    int momentum = newId(outerMomentum);
    return new Average(newId(true), withMoments, NONE, momentum, NONE, NONE, iteration, epoch);
  }

  /**
   * Returns the average that a round will make from this one, with new ids; use {@link #at} to set
   * iteration and epoch.
   */
  public Average next(boolean ownMoments, boolean outerMomentum, ExchangePrecision precision) {
    boolean coded = precision == ExchangePrecision.INT4;
    return new Average(
        newId(true),
        !ownMoments,
        newId(ownMoments),
        newId(outerMomentum),
        newId(coded),
        coded ? id : NONE,
        0,
        0);
  }

  /** Returns whether this average was made as a code. */
  public boolean isCoded() {
    return code != NONE;
  }

  private static int newId(boolean needed) {
    return needed ? SparkBlocks.newId() : NONE;
  }

  /**
   * Passes a slice to {@code reader}, from whichever executor has it.
   *
   * @return false if no executor has it
   */
  public boolean read(Slice slice, Consumer<FloatBuffer> reader) {
    return read(slice, false, reader);
  }

  /**
   * Passes a slice to {@code reader}, as {@link #read(Slice, Consumer)}. If {@code keep}, it is
   * also stored here.
   */
  public boolean read(Slice slice, boolean keep, Consumer<FloatBuffer> reader) {
    if (isCoded() && slice.ofParams() && !SparkBlocks.isHere(whole(slice))) {
      if (keep) {
        keepWhole(slice);
      } else if (decode(slice, reader)) {
        return true;
      }
    }
    return SparkBlocks.read(whole(slice), keep, reader);
  }

  // One worker of a process decodes, and the others wait: they find the whole slice.
  private void keepWhole(Slice slice) {
    synchronized (Average.class) {
      if (!SparkBlocks.isHere(whole(slice))) {
        decode(
            slice,
            numbers -> {
              SparkBlocks.put(whole(slice), numbers);
              SparkBlocks.forget(SparkBlocks.of(before, slice.index()));
            });
      }
    }
  }

  private boolean decode(Slice slice, Consumer<FloatBuffer> reader) {
    float[] numbers = new float[slice.length()];
    boolean there =
        SparkBlocks.read(SparkBlocks.of(before, slice.index()), from -> from.get(numbers))
            && SparkBlocks.readBytes(
                SparkBlocks.of(code, slice.index()), false, bytes -> LowBits.addTo(numbers, bytes));
    if (there) {
      reader.accept(FloatBuffer.wrap(numbers));
    }
    return there;
  }

  private BlockId whole(Slice slice) {
    return SparkBlocks.of(isCoded() && !slice.ofParams() ? code : id, slice.index());
  }

  /**
   * Stores a slice of this average here. If it {@link #isCoded}, numbers of parameters are their
   * changes.
   */
  public void put(Slice slice, float[] numbers, int round) {
    if (isCoded() && slice.ofParams()) {
      SparkBlocks.put(
          SparkBlocks.of(code, slice.index()),
          LowBits.encode(numbers, slice.length(), round, NO_WORKER, slice.index()));
    } else {
      SparkBlocks.put(whole(slice), FloatBuffer.wrap(numbers, 0, slice.length()));
    }
  }

  /**
   * Passes the bytes of a slice of {@code vector} to {@code reader}.
   *
   * @return false if no executor has it
   */
  boolean readBytes(Vector vector, Slice slice, Consumer<ByteBuffer> reader) {
    if (vector == Vector.PARAMS && isCoded()) {
      return read(slice, numbers -> reader.accept(bytes(numbers)));
    }
    return SparkBlocks.readBytes(block(vector, slice), false, reader);
  }

  private static ByteBuffer bytes(FloatBuffer numbers) {
    ByteBuffer bytes =
        ByteBuffer.allocate(numbers.remaining() * Float.BYTES).order(ByteOrder.nativeOrder());
    bytes.asFloatBuffer().put(numbers);
    return bytes;
  }

  /** Returns the vectors of this average; each worker's own moments are not among them. */
  List<Vector> vectors() {
    List<Vector> vectors = new ArrayList<>(List.of(Vector.PARAMS));
    if (withMoments) {
      vectors.add(Vector.MOMENTS);
    }
    if (outerMomentum != NONE) {
      vectors.add(Vector.OUTER_MOMENTUM);
    }
    return vectors;
  }

  /** Returns the block of a slice of {@code vector}. */
  BlockId block(Vector vector, Slice slice) {
    return vector == Vector.OUTER_MOMENTUM
        ? SparkBlocks.of(outerMomentum, slice.index())
        : whole(slice);
  }

  /** Removes all its blocks on every executor. Call it on the driver; it does not wait. */
  public void release() {
    release(id, ownMoments, outerMomentum, code);
  }

  /** Releases what {@code next}, made from it, does not need. */
  public void releaseFor(Average next) {
    release(next.before == id ? NONE : id, ownMoments, outerMomentum, code);
    releaseBefore();
  }

  /** Removes the average before, which a code may need. */
  public void releaseBefore() {
    release(before);
  }

  private static void release(int... sets) {
    IntStream.of(sets).filter(set -> set != NONE).forEach(SparkBlocks::release);
  }

  /** Returns this average once the workers' own moments are averaged under its id too. */
  public Average withOwnMomentsAveraged() {
    return new Average(id, true, NONE, outerMomentum, code, before, iteration, epoch);
  }

  /** Returns this average at another place in the schedule. */
  public Average at(int iteration, int epoch) {
    return new Average(id, withMoments, ownMoments, outerMomentum, code, before, iteration, epoch);
  }
}
