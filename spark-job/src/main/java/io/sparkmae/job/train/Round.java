package io.sparkmae.job.train;

import java.net.URI;
import java.util.List;

/**
 * The work between two averagings: some minibatches for each worker, of one epoch.
 *
 * @param epoch from 0
 * @param firstStep global number of the round's first local step, from 0
 * @param workers for each worker, its minibatches in order; each has the same number
 */
record Round(int epoch, int firstStep, List<List<Minibatch>> workers) {

  /** Returns the number of local steps of the round. */
  int steps() {
    return workers.get(0).size();
  }

  /** Returns the first steps of this round. */
  Round first(int steps) {
    return new Round(
        epoch, firstStep, workers.stream().map(share -> share.subList(0, steps)).toList());
  }

  int lastStep() {
    return firstStep + steps() - 1;
  }

  long images() {
    return workers.stream().flatMap(List::stream).mapToLong(Minibatch::size).sum();
  }

  /** Returns the paths of each worker's first minibatches, at most {@code limit}. */
  List<List<String>> paths(URI fileSystem, int limit) {
    return workers.stream()
        .map(share -> share.stream().limit(limit).map(batch -> batch.path(fileSystem)).toList())
        .toList();
  }
}
