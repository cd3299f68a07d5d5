package io.sparkmae.job.averaging.exchange;

import io.sparkmae.job.averaging.exchange.Slices.Slice;
import java.util.Arrays;
import java.util.stream.LongStream;

/**
 * What a round of averaging moves and stores, counted slice by slice along its {@link
 * ExchangePlan}: every worker fetches the last average and leaves its result; every averaging task
 * fetches all workers' results of its slices.
 *
 * <p>Workers and averaging tasks are dealt to the executors in turn. Plain averages, no outer step.
 *
 * @param slices that are averaged
 * @param averagingTasks tasks of the second stage; the first has one for each worker
 * @param lookups questions to the driver where a block is
 * @param updates messages to the driver that a block was stored; it removes whole sets
 * @param fetchedBytes over the network, of all executors together
 * @param mostIn bytes that the busiest executor fetches
 * @param mostOut bytes that the busiest executor sends
 * @param mostStored bytes of blocks on the fullest executor, when all results and both averages are
 *     there
 * @param mostCoded numbers that the busiest executor writes or reads as {@link LowBits}
 */
public record Traffic(
    int slices,
    int averagingTasks,
    long lookups,
    long updates,
    long fetchedBytes,
    long mostIn,
    long mostOut,
    long mostStored,
    long mostCoded) {

  /**
   * Counts a round.
   *
   * @param precision what results and averages travel in
   * @param executors that have the workers
   */
  public static Traffic of(ExchangePlan plan, ExchangePrecision precision, int executors) {
    return new Count(plan, precision, Math.min(executors, plan.workers())).traffic();
  }

  /** Returns the messages that the driver gets in a round, the ends of tasks included. */
  public long driverMessages(int workers) {
    return lookups + updates + workers + averagingTasks;
  }

  private static final class Count {

    private final ExchangePlan plan;
    private final ExchangePrecision precision;
    private final int executors;
    private final long[] in;
    private final long[] out;
    private final long[] stored;
    private final long[] coded;
    private long lookups;
    private long stores;

    Count(ExchangePlan plan, ExchangePrecision precision, int executors) {
      this.plan = plan;
      this.precision = precision;
      this.executors = executors;
      in = new long[executors];
      out = new long[executors];
      stored = new long[executors];
      coded = new long[executors];
    }

    Traffic traffic() {
      for (int task = 0; task < plan.tasks(); task++) {
        for (Slice slice : plan.slicesOf(task)) {
          count(slice, task % executors);
        }
      }
      if (!plan.withMoments()) {
        keepOwnMoments();
      }
      return new Traffic(
          plan.averaged().size(),
          plan.tasks(),
          lookups,
          stores,
          LongStream.of(in).sum(),
          Arrays.stream(in).max().orElse(0),
          Arrays.stream(out).max().orElse(0),
          Arrays.stream(stored).max().orElse(0),
          Arrays.stream(coded).max().orElse(0));
    }

    private void count(Slice slice, int place) {
      long average = precision.bytesOfAverage(slice);
      long result = precision.bytesOfResult(slice);
      boolean isCoded = precision.isCoded(slice);
      long kept = isCoded ? (long) Float.BYTES * slice.length() : average;
      boolean[] there = new boolean[executors]; // a copy of the last average
      store(place, average, isCoded ? null : there);
      store(place, average, null); // the next average
      code(place, slice);
      for (int worker = 0; worker < plan.workers(); worker++) {
        int here = worker % executors;
        if (!there[here]) {
          fetch(place, here, average);
          if (keeps(slice, worker)) {
            store(here, kept, there);
          }
        }
        code(here, slice); // of the average
        code(here, slice); // of the result
        code(place, slice);
        store(here, result, null);
        fetch(here, place, result);
      }
    }

    private boolean keeps(Slice slice, int worker) {
      return precision.areChanges(slice) || ExchangePlan.keeps(slice, worker, plan.workers());
    }

    private void keepOwnMoments() {
      for (Slice slice : plan.slices().ofMoments()) {
        for (int worker = 0; worker < plan.workers(); worker++) { // of this round and the last
          store(worker % executors, 2L * Float.BYTES * slice.length(), null);
        }
      }
    }

    private void fetch(int from, int to, long bytes) {
      if (from != to) {
        lookups++;
        out[from] += bytes;
        in[to] += bytes;
      }
    }

    private void code(int place, Slice slice) {
      coded[place] += precision.isCoded(slice) ? slice.length() : 0;
    }

    private void store(int place, long bytes, boolean[] there) {
      stores++;
      stored[place] += bytes;
      if (there != null) {
        there[place] = true;
      }
    }
  }
}
