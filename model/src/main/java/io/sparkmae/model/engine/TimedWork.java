package io.sparkmae.model.engine;

/** Work that knows how long it took. */
interface TimedWork extends Runnable {

  /** The last run's time; waits for its end. */
  long nanoseconds();
}
