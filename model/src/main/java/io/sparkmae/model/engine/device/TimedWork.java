package io.sparkmae.model.engine.device;

/** Work that knows how long it took. */
public interface TimedWork extends Runnable {

  /** The last run's time; waits for its end. */
  long nanoseconds();
}
