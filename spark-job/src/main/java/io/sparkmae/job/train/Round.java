package io.sparkmae.job.train;

import java.util.ArrayList;
import java.util.List;

/**
 * The work between two averagings: some minibatches for each worker, of one epoch.
 *
 * @param epoch from 0
 * @param firstStep global number of the round's first local step, from 0
 * @param batchSize images of a minibatch; a worker's last one may be smaller
 * @param workers for each worker with work, its minibatches in order
 */
record Round(int epoch, int firstStep, int batchSize, List<List<Minibatch>> workers) {

  /** Local steps of the round: the most that a worker takes. */
  int steps() {
    return workers.stream().mapToInt(List::size).max().orElse(0);
  }

  int lastStep() {
    return firstStep + steps() - 1;
  }

  long images() {
    return workers.stream().flatMap(List::stream).mapToLong(Minibatch::size).sum();
  }

  /**
   * Cuts an epoch into rounds such that every image is trained exactly once.
   *
   * <p>Full rounds take workers · averagingFrequency · batchSize images. What is left is one more
   * round, shared out evenly: workers' shares differ by one image at most, so that averaging with
   * equal weights is fair.
   *
   * @param images of the epoch
   * @param firstStep global number of the epoch's first step
   */
  static List<Round> ofEpoch(
      int epoch, int firstStep, long images, int workers, int batchSize, int averagingFrequency) {
    List<Round> rounds = new ArrayList<>();
    long share = (long) batchSize * averagingFrequency;
    long start = 0;
    for (; start + share * workers <= images; start += share * workers) {
      rounds.add(share(epoch, firstStep, batchSize, start, start + share * workers, workers));
      firstStep += averagingFrequency;
    }
    long rest = images - start;
    if (rest > 0) {
      int active = (int) Math.min(workers, rest);
      long largest = ceilDiv(rest, active);
      long steps = ceilDiv(largest, batchSize);
      rounds.add(share(epoch, firstStep, (int) ceilDiv(largest, steps), start, images, active));
    }
    return rounds;
  }

  private static Round share(
      int epoch, int firstStep, int batchSize, long start, long end, int workers) {
    List<List<Minibatch>> shares = new ArrayList<>();
    for (int worker = 0; worker < workers; worker++) {
      long from = start + (end - start) * worker / workers;
      long to = start + (end - start) * (worker + 1) / workers;
      shares.add(Minibatch.cut(epoch, from, to, batchSize));
    }
    return new Round(epoch, firstStep, batchSize, shares);
  }

  private static long ceilDiv(long dividend, long divisor) {
    return (dividend + divisor - 1) / divisor;
  }
}
