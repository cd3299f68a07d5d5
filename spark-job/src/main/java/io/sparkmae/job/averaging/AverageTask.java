package io.sparkmae.job.averaging;

import io.sparkmae.job.averaging.exchange.Average;
import io.sparkmae.job.averaging.exchange.Results;
import io.sparkmae.job.averaging.exchange.Slices;
import io.sparkmae.job.averaging.exchange.Slices.Slice;
import io.sparkmae.job.averaging.exchange.StateLost;
import io.sparkmae.job.spark.SparkBlocks;
import java.nio.FloatBuffer;
import java.util.Iterator;
import java.util.TreeSet;
import org.apache.spark.api.java.function.Function2;

/**
 * Averages some slices: fetches those of every worker, weights them by images, and stores the
 * average on its own executor.
 *
 * <p>Its result is the workers whose slices are lost, for example with their executor.
 */
final class AverageTask implements Function2<Integer, Iterator<Integer>, Iterator<Integer>> {

  private static final long serialVersionUID = 1;

  private final Slices slices;
  private final Average start;
  private final Results results;
  private final Average next;
  private final long[] images;
  private final OuterStep outer;

  /**
   * Makes a task.
   *
   * @param start the average that the workers started from
   * @param results the workers' results
   * @param next the average to make
   * @param images trained by each worker; 0 for one without work
   */
  AverageTask(
      Slices slices, Average start, Results results, Average next, long[] images, OuterStep outer) {
    this.slices = slices;
    this.start = start;
    this.results = results;
    this.images = images;
    this.outer = outer;
    this.next = next;
  }

  @Override
  public Iterator<Integer> call(Integer partition, Iterator<Integer> indices) {
    TreeSet<Integer> missing = new TreeSet<>();
    float[] average = new float[Slices.LENGTH];
    indices.forEachRemaining(index -> average(slices.slice(index), average, missing));
    return missing.iterator();
  }

  private void average(Slice slice, float[] average, TreeSet<Integer> missing) {
    long weight = 0;
    for (int worker = 0; worker < images.length; worker++) {
      if (images[worker] == 0) {
        continue;
      }
      weight += images[worker];
      if (!results.read(slice, worker, mean(average, (double) images[worker] / weight))) {
        missing.add(worker);
      }
    }
    if (missing.isEmpty()) {
      leave(slice, average);
    }
  }

  /**
   * Returns a taker that updates a running mean, worker after worker. Equal parameters stay equal
   * to the last bit, which a sum with rounded weights would not guarantee.
   *
   * @param share weight of the next worker in the mean so far; 1 for the first
   */
  private static Results.Taker mean(float[] average, double share) {
    return share == 1
        ? (piece, at, length) -> System.arraycopy(piece, 0, average, at, length)
        : (piece, at, length) -> move(average, at, piece, length, (float) share);
  }

  private static void move(float[] average, int at, float[] piece, int length, float share) {
    for (int i = 0; i < length; i++) {
      average[at + i] += share * (piece[i] - average[at + i]);
    }
  }

  private void leave(Slice slice, float[] average) {
    boolean steps = slice.ofParams() && !outer.isPlain();
    boolean changes = results.areChanges(slice);
    boolean asChanges = changes && next.isCoded();
    if (steps || changes != asChanges) {
      float[] from = start(slice);
      if (changes) {
        add(average, from, 1);
      }
      if (steps) {
        step(slice, from, average);
      }
      if (asChanges) {
        add(average, from, -1);
      }
    }
    next.put(slice, average, start.iteration());
  }

  private float[] start(Slice slice) {
    float[] from = new float[slice.length()];
    requireWhole(start.read(slice, numbers -> numbers.get(from)));
    return from;
  }

  private void requireWhole(boolean whole) {
    if (!whole) {
      throw new StateLost(start.iteration());
    }
  }

  private static void add(float[] numbers, float[] from, int times) {
    for (int i = 0; i < from.length; i++) {
      numbers[i] += times * from[i];
    }
  }

  private void step(Slice slice, float[] from, float[] average) {
    float[] momentum = new float[slice.length()];
    requireWhole(
        start.outerMomentum() == Average.NONE
            || SparkBlocks.read(
                SparkBlocks.of(start.outerMomentum(), slice.index()),
                numbers -> numbers.get(momentum)));
    outer.apply(from, average, momentum, slice.length());
    SparkBlocks.put(
        SparkBlocks.of(next.outerMomentum(), slice.index()), FloatBuffer.wrap(momentum));
  }
}
