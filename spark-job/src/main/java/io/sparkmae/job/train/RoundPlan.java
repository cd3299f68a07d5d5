package io.sparkmae.job.train;

import io.sparkmae.data.EpochPlan;
import io.sparkmae.job.config.RunConfig;
import io.sparkmae.job.config.RunConfig.Train;
import io.sparkmae.model.optimiser.WarmupCosine;
import java.util.ArrayList;
import java.util.List;

/**
 * Every round of a run: a pure function of these numbers, so that a run goes on wherever it
 * stopped.
 *
 * <p>Each worker walks through its own range of an epoch's order, cut in as many minibatches as the
 * epoch has steps. All minibatches of an epoch, of all workers, differ by one image at most, and so
 * do its steps. A round is H steps, H being the averaging frequency at the first; the last of an
 * epoch may be shorter. No worker is ever idle.
 *
 * @param images of an epoch, at least one for each worker
 * @param batchSize images of one step of one worker at most, whatever their crops; of 1 some are 2
 *     where images do not divide, so that no worker waits
 */
record RoundPlan(
    long images, int workers, int batchSize, int epochs, AveragingFrequency frequency) {

  RoundPlan {
    if (images < workers) {
      throw new IllegalArgumentException(
          "Invalid train.workers: %d (must be at most %d, the images of the data; give --workers)"
              .formatted(workers, images));
    }
  }

  /** The plan of {@code run}: its rate grows with the effective batch size, in crops. */
  static RoundPlan of(RunConfig run, long images, int workers) {
    Train train = run.train();
    int batchSize = train.cropsOfStep() / run.data().cropsPerImage();
    long stepsPerEpoch = stepsPerEpoch(images, workers, batchSize);
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
    return Math.toIntExact(stepsPerEpoch(images, workers, batchSize));
  }

  private static long stepsPerEpoch(long images, int workers, int batchSize) {
    long asked = (images - 1) / ((long) workers * batchSize) + 1;
    return Math.max(1, Math.min(asked, images / workers));
  }

  int steps() {
    return Math.multiplyExact(epochs, stepsPerEpoch());
  }

  /**
   * The round that begins with a step.
   *
   * @param step global number of the round's first step
   */
  Round at(int step) {
    int epoch = step / stepsPerEpoch();
    int first = step % stepsPerEpoch();
    int end = (int) Math.min((long) first + frequency.at(step), stepsPerEpoch());
    List<List<Minibatch>> shares = new ArrayList<>();
    for (int worker = 0; worker < workers; worker++) {
      List<Minibatch> share = new ArrayList<>();
      for (int s = first; s < end; s++) {
        share.add(new Minibatch(epoch, place(worker, s), place(worker, s + 1)));
      }
      shares.add(share);
    }
    return new Round(epoch, step, shares);
  }

  /**
   * Where in the epoch's order a worker's step begins. Steps have {@code least} images; those that
   * remain are dealt to the steps in turn, the next worker going on where the one before ended. So
   * a worker changes its size thrice an epoch at most, which costs an engine a new plan.
   */
  private long place(int worker, int step) {
    long steps = stepsPerEpoch();
    long least = images / workers / steps;
    long from = EpochPlan.start(images, worker, workers);
    long to = EpochPlan.start(images, worker + 1, workers);
    long dealt = from - worker * least * steps; // to the workers before
    long more = to - (worker + 1) * least * steps;
    return from + least * step + ofSteps(step, more) - ofSteps(step, dealt);
  }

  /** How many of {@code dealt} images went to the first steps. */
  private long ofSteps(int first, long dealt) {
    long steps = stepsPerEpoch();
    return dealt / steps * first + Math.min(dealt % steps, first);
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
}
