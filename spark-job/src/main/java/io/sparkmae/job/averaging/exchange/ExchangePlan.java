package io.sparkmae.job.averaging.exchange;

import io.sparkmae.job.averaging.exchange.Slices.Slice;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Who averages which slices in a round, and who keeps copies of the last average: what the master
 * and its workers go by, and {@link Traffic} counts.
 *
 * @param workers of the round
 * @param withMoments whether moments are averaged too
 */
public record ExchangePlan(Slices slices, int workers, boolean withMoments) {

  /** Returns the slices that are averaged. */
  public List<Slice> averaged() {
    return slices.averaged(withMoments);
  }

  /** Returns the number of tasks that average. */
  public int tasks() {
    return tasks(averaged().size(), workers);
  }

  /** Returns the number of tasks that average: at most one for each slice, and for each worker. */
  public static int tasks(int slices, int workers) {
    return Math.min(slices, workers);
  }

  /** Returns the slices of an averaging task, cut as Spark cuts a list into partitions. */
  public List<Slice> slicesOf(int task) {
    int all = averaged().size();
    int from = (int) ((long) task * all / tasks());
    int to = (int) ((task + 1L) * all / tasks());
    return IntStream.range(from, to).mapToObj(slices::slice).toList();
  }

  /**
   * Returns whether {@code worker} stores a slice of the average that it fetched: each slice has
   * two such workers, so that one executor may be lost.
   */
  public static boolean keeps(Slice slice, int worker, int workers) {
    int keeper = slice.index() % workers;
    return keeper == worker || (keeper + 1) % workers == worker;
  }
}
