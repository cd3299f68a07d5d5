package io.sparkmae.model.engine.device;

/** Work that measures its run time. */
public interface TimedWork extends Runnable {

  /** Returns the time of the last run in nanoseconds; waits for its end. */
  long nanoseconds();
}
