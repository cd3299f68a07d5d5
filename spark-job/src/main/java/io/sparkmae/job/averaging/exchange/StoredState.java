package io.sparkmae.job.averaging.exchange;

import io.sparkmae.job.averaging.OuterStep;
import io.sparkmae.job.averaging.exchange.Slices.Slice;
import io.sparkmae.job.store.StoredFile;
import java.util.List;

/**
 * A run's vectors as files of a version: raw little-endian fp32, each vector in parts.
 *
 * @param iteration global number of the next step
 * @param params numbers of the parameter vector
 * @param moments numbers of the optimiser's state; 0 if it has none
 * @param parts the parts of all vectors, in any order
 */
public record StoredState(int iteration, long params, long moments, List<Part> parts) {

  /** The vectors of a state. */
  public enum Vector {
    PARAMS,
    MOMENTS,
    /** The {@link OuterStep}'s momentum, as long as the parameters. */
    OUTER_MOMENTUM
  }

  /** Numbers [from, from + length) of a vector; {@code from} is a slice's first. */
  public record Part(Vector vector, long from, long length, StoredFile file) {

    /** Returns the slices of this part, in order. */
    public List<Slice> slices(Slices slices) {
      return slices.stored(vector).stream()
          .filter(slice -> slice.from() >= from && slice.from() < from + length)
          .toList();
    }
  }

  /** Returns the parts of {@code vector}, in order. */
  public List<Part> parts(Vector vector) {
    return parts.stream()
        .filter(part -> part.vector == vector)
        .sorted((a, b) -> Long.compare(a.from, b.from))
        .toList();
  }

  public boolean has(Vector vector) {
    return parts.stream().anyMatch(part -> part.vector == vector);
  }

  public Slices slices() {
    return new Slices(params, moments);
  }
}
