package io.sparkmae.job.averaging.exchange;

import io.sparkmae.job.averaging.exchange.Slices.Slice;
import io.sparkmae.job.averaging.exchange.StoredState.Vector;
import io.sparkmae.job.spark.SparkBlocks;
import java.io.Serializable;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import org.apache.spark.storage.BlockId;

/**
 * The average from which a round starts, and the ids of its blocks.
 *
 * @param id of the blocks of all slices that were averaged
 * @param withMoments whether moments were averaged too
 * @param ownMoments id of the blocks with each worker's own moments; {@link #NONE} at the start
 * @param outerMomentum id of the blocks of the outer step's momentum; {@link #NONE} without
 * @param iteration global number of the round's first step
 * @param epoch from 0
 */
public record Average(
    long id, boolean withMoments, long ownMoments, long outerMomentum, int iteration, int epoch)
    implements Serializable {

  public static final long NONE = -1;

  /**
   * Returns the average that a round will make, with new ids; use {@link #at} to set iteration and
   * epoch.
   */
  public static Average next(boolean ownMoments, boolean outerMomentum) {
    return new Average(
        SparkBlocks.newId(),
        !ownMoments,
        ownMoments ? SparkBlocks.newId() : NONE,
        outerMomentum ? SparkBlocks.newId() : NONE,
        0,
        0);
  }

  /**
   * Passes a slice to {@code reader}, from whichever executor has it.
   *
   * @return false if no executor has it
   */
  public boolean read(Slice slice, Consumer<FloatBuffer> reader) {
    return SparkBlocks.read(SparkBlocks.of(id, slice.index()), reader);
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
    return SparkBlocks.of(vector == Vector.OUTER_MOMENTUM ? outerMomentum : id, slice.index());
  }

  /** Removes all its blocks on every executor. Call it on the driver; it does not wait. */
  public void release() {
    LongStream.of(id, ownMoments, outerMomentum)
        .filter(set -> set != NONE)
        .forEach(SparkBlocks::release);
  }

  /** Returns this average once the workers' own moments are averaged under its id too. */
  public Average withOwnMomentsAveraged() {
    return new Average(id, true, NONE, outerMomentum, iteration, epoch);
  }

  /** Returns this average at another place in the schedule. */
  public Average at(int iteration, int epoch) {
    return new Average(id, withMoments, ownMoments, outerMomentum, iteration, epoch);
  }
}
