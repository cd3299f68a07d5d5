package io.sparkmae.job.averaging;

import java.io.Serializable;

/**
 * The report of one worker on a round.
 *
 * <p>Not a record, since it is the result of a task and Spark's Kryo cannot serialise records.
 */
final class WorkerReport implements Serializable {

  private static final long serialVersionUID = 1;

  final int worker;
  final String executor; // as Spark names preferred locations
  String processor; // affects the bits of its result; see Compute
  String hardware;
  String memory; // the executor's limits; only of the first worker there
  boolean lost; // it could not start: no executor has a slice of the last average
  int steps;
  long images;
  double lossSum; // over images
  double normSum; // of gradients, over steps
  double waiting; // seconds
  double computing;
  double exchanging;

  WorkerReport(int worker, String executor) {
    this.worker = worker;
    this.executor = executor;
  }
}
