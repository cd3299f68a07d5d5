package io.sparkmae.job.averaging;

import java.io.Serializable;

/**
 * What one worker did in a round.
 *
 * <p>A plain class: it is the result of a task, and Spark's Kryo refuses records.
 */
final class WorkerReport implements Serializable {

  private static final long serialVersionUID = 1;

  final int worker;
  final String executor; // as Spark names preferred locations
  String processor; // on which its bits depend
  String memory; // what the executor has, when the worker is new there
  boolean lost; // it could not start: a slice of the last average is nowhere
  int steps;
  long images;
  double lossSum;
  double waiting; // seconds
  double computing;
  double exchanging;

  WorkerReport(int worker, String executor) {
    this.worker = worker;
    this.executor = executor;
  }
}
