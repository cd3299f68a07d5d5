package io.sparkmae.job.averaging.exchange;

import io.sparkmae.job.averaging.exchange.StoredState.Vector;
import java.io.Serializable;
import java.util.List;
import java.util.stream.IntStream;

/**
 * How parameters and moments are cut into slices; no slice has both.
 *
 * @param params numbers of the parameter vector
 * @param moments numbers of the optimiser's state; 0 if it has none
 */
public record Slices(long params, long moments) implements Serializable {

  /** Numbers of a slice; its section's last may be shorter. */
  // 16 MiB with the array's header: one number more would cost G1 another region.
  public static final int LENGTH = (4 << 20) - 8;

  /** Numbers [from, from + length) of the parameters, or of the moments. */
  public record Slice(int index, boolean ofParams, long from, int length) {}

  /** Slices of the parameters: they come first. */
  int paramSlices() {
    return count(params);
  }

  /** All slices. */
  int count() {
    return count(params) + count(moments);
  }

  public Slice slice(int index) {
    boolean ofParams = index < paramSlices();
    long from = (long) LENGTH * (ofParams ? index : index - paramSlices());
    long end = ofParams ? params : moments;
    return new Slice(index, ofParams, from, (int) Math.min(LENGTH, end - from));
  }

  /** The slices that are averaged: with or without the moments. */
  public List<Slice> averaged(boolean withMoments) {
    return IntStream.range(0, withMoments ? count() : paramSlices()).mapToObj(this::slice).toList();
  }

  public List<Slice> ofMoments() {
    return IntStream.range(paramSlices(), count()).mapToObj(this::slice).toList();
  }

  /** The slices that a stored vector is cut into. */
  List<Slice> stored(Vector vector) {
    return vector == Vector.MOMENTS ? ofMoments() : averaged(false);
  }

  private static int count(long numbers) {
    return Math.toIntExact((numbers + LENGTH - 1) / LENGTH);
  }
}
