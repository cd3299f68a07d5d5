package io.sparkmae.job.averaging;

import io.sparkmae.job.averaging.exchange.Average;

/** Lets the running round of a lone worker, in the driver's process, end after its current step. */
final class EarlyEnd {

  // The task that reads it was sent by value, and has nothing else in common with the master.
  private static volatile int asked = Average.NONE;

  private int running = Average.NONE;

  /** Says which average the running round makes; {@link Average#NONE} for no round. */
  synchronized void of(int average) {
    running = average;
    asked = Average.NONE; // another application's averages have the same numbers
  }

  /** Asks the running round, if there is one, to end. Any thread may call it. */
  synchronized void ask() {
    asked = running;
  }

  /** Returns whether the round that makes an average is to end. */
  static boolean isAsked(int average) {
    return asked == average;
  }
}
