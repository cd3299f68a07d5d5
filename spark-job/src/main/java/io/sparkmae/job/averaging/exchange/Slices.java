package io.sparkmae.job.averaging.exchange;

import io.sparkmae.job.averaging.exchange.StoredState.Vector;
import java.io.Serializable;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The division of parameters and moments into slices; no slice has both.
 *
 * @param params numbers of the parameter vector
 * @param moments numbers of the optimiser's state; 0 if it has none
 */
public record Slices(long params, long moments) implements Serializable {

  /**
   * The numbers of a slice; the last slice of parameters and of moments may be shorter. With the
   * array's header it has 16 MiB: one number more would take another region of G1.
   */
  public static final int LENGTH = (4 << 20) - 8;

  /** Numbers [from, from + length) of the parameters, or of the moments. */
  public record Slice(int index, boolean ofParams, long from, int length) {}

  /** Returns the number of slices of the parameters, which come first. */
  int paramSlices() {
    return count(params);
  }

  /** Returns the number of all slices. */
  int count() {
    return count(params) + count(moments);
  }

  public Slice slice(int index) {
    boolean ofParams = index < paramSlices();
    long from = (long) LENGTH * (ofParams ? index : index - paramSlices());
    long end = ofParams ? params : moments;
    return new Slice(index, ofParams, from, (int) Math.min(LENGTH, end - from));
  }

  /** Returns the slices that are averaged, with or without those of the moments. */
  public List<Slice> averaged(boolean withMoments) {
    return IntStream.range(0, withMoments ? count() : paramSlices()).mapToObj(this::slice).toList();
  }

  public List<Slice> ofMoments() {
    return IntStream.range(paramSlices(), count()).mapToObj(this::slice).toList();
  }

  /** Returns the slices of a stored vector. */
  List<Slice> stored(Vector vector) {
    return vector == Vector.MOMENTS ? ofMoments() : averaged(false);
  }

  private static int count(long numbers) {
    return Math.toIntExact((numbers + LENGTH - 1) / LENGTH);
  }
}
