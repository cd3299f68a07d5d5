package io.sparkmae.data;

import io.sparkmae.data.image.SampleSeed;
import java.io.Serializable;

/**
 * A share of all samples, chosen by a hash of the key alone, so it does not depend on the other
 * inputs.
 *
 * @param from in [0, to]
 * @param to in [from, 1], exclusive
 */
public record KeyRange(double from, double to) implements Serializable {
  /** Every sample. */
  public static final KeyRange ALL = new KeyRange(0, 1);

  private static final long SPLIT = -2; // no epoch has this number

  public KeyRange {
    if (!(0 <= from && from <= to && to <= 1)) {
      throw new IllegalArgumentException(
          "Invalid share of the samples: %s to %s (must be 0 <= from <= to <= 1)"
              .formatted(from, to));
    }
  }

  public boolean contains(String key) {
    double place = SampleSeed.stream(SampleSeed.of(0, SPLIT, key, 0), 0).uniform();
    return from <= place && place < to;
  }
}
