package io.sparkmae.job.averaging.exchange;

import io.sparkmae.job.averaging.exchange.Slices.Slice;
import java.util.Locale;

/** What workers' results and averages travel in. */
public enum ExchangePrecision {
  /** As they are. */
  FP32,
  /** Results as rounded changes, half as long; averages as they are. */
  BF16,
  /** Changes of parameters and of their average as {@link LowBits}; moments as they are. */
  INT4;

  /**
   * Returns whether workers leave a slice as differences from the average that they started from,
   * of which each executor then keeps the whole.
   */
  public boolean areChanges(Slice slice) {
    return slice.ofParams() && this != FP32;
  }

  /** Returns whether a slice travels as {@link LowBits}; executors then keep the whole of it. */
  boolean isCoded(Slice slice) {
    return slice.ofParams() && this == INT4;
  }

  /** Returns the bytes of a slice of a worker's result. */
  long bytesOfResult(Slice slice) {
    return this == BF16 ? (long) Short.BYTES * slice.length() : bytesOfAverage(slice);
  }

  /** Returns the bytes in which a slice of an average travels. */
  long bytesOfAverage(Slice slice) {
    return isCoded(slice) ? LowBits.bytes(slice.length()) : (long) Float.BYTES * slice.length();
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
