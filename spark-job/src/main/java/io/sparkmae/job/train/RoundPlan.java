package io.sparkmae.job.train;

import io.sparkmae.job.RunConfig;
import io.sparkmae.job.RunConfig.Train;
import io.sparkmae.model.WarmupCosine;
import java.util.ArrayList;
import java.util.List;

/**
 * Every round of a run: a pure function of these numbers, so that a run goes on wherever it
 * stopped.
 *
 * <p>Worker w has the images [images · w / workers, images · (w + 1) / workers) of an epoch's
 * order, which it cuts into as many minibatches as the epoch has steps, of one size to within one
 * image: a last step of a few images would have the whole learning rate. A round is as many steps
 * as the averaging frequency at its first, or those that are left of the epoch.
 *
 * @param images of an epoch
 * @param workers at most one an image
 * @param batchSize most images of one step of one worker, whatever their crops
 */
record RoundPlan(
    long images, int workers, int batchSize, int epochs, AveragingFrequency frequency) {

  RoundPlan {
    if (workers > images) {
      throw new IllegalArgumentException(
          "Invalid workers: %d (must be at most one for each of the %d images: give fewer --workers)"
              .formatted(workers, images));
    }
  }

  /** The plan of {@code run}: its rate grows with the effective batch size, in crops. */
  static RoundPlan of(RunConfig run, long images, int workers) {
    Train train = run.train();
    int batchSize = train.cropsOfStep() / run.data().cropsPerImage();
    long stepsPerEpoch = ceilDiv(images, (long) workers * batchSize);
    WarmupCosine schedule =
        new WarmupCosine(
            train.baseLearningRate() * train.cropsOfStep() * workers / 256,
            train.minLearningRate(),
            train.warmupEpochs() * stepsPerEpoch,
            (double) train.epochs() * stepsPerEpoch);
    AveragingFrequency frequency =
        new AveragingFrequency(
            train.averagingFrequency(),
            run.averaging().growth(),
            run.averaging().everyStepInWarmup(),
            schedule);
    return new RoundPlan(images, workers, batchSize, train.epochs(), frequency);
  }

  /** Learning rate by global step. */
  WarmupCosine schedule() {
    return frequency.schedule();
  }

  /** Steps of an epoch, whatever the averaging frequency. */
  int stepsPerEpoch() {
    return Math.toIntExact(ceilDiv(images, (long) workers * batchSize));
  }

  int steps() {
    return Math.multiplyExact(epochs, stepsPerEpoch());
  }

  /**
   * The round that begins with a step.
   *
   * @param step global number of a round's first step
   */
  Round at(int step) {
    int epoch = step / stepsPerEpoch();
    int from = step % stepsPerEpoch();
    int to = Math.min(from + frequency.at(step), stepsPerEpoch());
    List<List<Minibatch>> shares = new ArrayList<>();
    for (int worker = 0; worker < workers; worker++) {
      shares.add(share(worker, epoch, from, to));
    }
    return new Round(epoch, step, shares);
  }

  /** What a worker trains in steps [from, to) of an epoch. */
  private List<Minibatch> share(int worker, int epoch, int from, int to) {
    long start = images * worker / workers;
    long own = images * (worker + 1) / workers - start;
    List<Minibatch> share = new ArrayList<>();
    for (int step = from; step < to; step++) {
      long first = start + ceilDiv(own * step, stepsPerEpoch());
      long end = start + ceilDiv(own * (step + 1), stepsPerEpoch());
      if (first < end) { // or it has one image fewer than steps: then the last step has none
        share.add(new Minibatch(epoch, first, end));
      }
    }
    return share;
  }

  /** The rounds of an epoch, in order. */
  List<Round> ofEpoch(int epoch) {
    List<Round> rounds = new ArrayList<>();
    int end = (epoch + 1) * stepsPerEpoch();
    for (int step = epoch * stepsPerEpoch();
        step < end;
        step += rounds.get(rounds.size() - 1).steps()) {
      rounds.add(at(step));
    }
    return rounds;
  }

  private static long ceilDiv(long dividend, long divisor) {
    return (dividend + divisor - 1) / divisor;
  }
}
