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
 * <p>Full rounds take workers · H · batchSize images, H being the averaging frequency at their
 * first step. What is left of an epoch is one more round, shared out evenly: workers' shares differ
 * by one image at most.
 *
 * @param images of an epoch
 * @param batchSize images of one step of one worker, whatever their crops
 */
record RoundPlan(
    long images, int workers, int batchSize, int epochs, AveragingFrequency frequency) {

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
    long start = (long) (step % stepsPerEpoch()) * workers * batchSize;
    long full = (long) batchSize * frequency.at(step) * workers;
    if (start + full <= images) {
      return share(epoch, step, batchSize, start, start + full, workers);
    }
    long rest = images - start;
    int active = (int) Math.min(workers, rest);
    long largest = ceilDiv(rest, active);
    long steps = ceilDiv(largest, batchSize);
    return share(epoch, step, (int) ceilDiv(largest, steps), start, images, active);
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
