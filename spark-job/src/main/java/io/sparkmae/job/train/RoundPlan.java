package io.sparkmae.job.train;

import io.sparkmae.data.EpochPlan;
import io.sparkmae.job.config.RunConfig;
import io.sparkmae.job.config.RunConfig.Train;
import io.sparkmae.model.optimiser.WarmupCosine;
import java.util.ArrayList;
import java.util.List;

/**
 * The plan of all rounds of a run. It depends on these numbers alone, so a run can continue
 * wherever it stopped.
 *
 * <p>Each worker goes through its own range of an epoch's order, cut into as many minibatches as
 * the epoch has steps. The sizes of all minibatches of an epoch differ by one image at most, and so
 * do those of its steps. A round has H steps, the averaging frequency at its first step; the last
 * round of an epoch may be shorter. All workers have the same number of steps.
 *
 * @param images of an epoch, at least one for each worker
 * @param batchSize largest number of images in one step of one worker, however many crops each has;
 *     with 1, some steps have 2 images if the images do not divide evenly
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

  /**
   * Returns the plan of {@code run}; its learning rate grows with the effective batch size, in
   * crops.
   */
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

  /** Returns the learning rate by global step. */
  WarmupCosine schedule() {
    return frequency.schedule();
  }

  /** Returns the number of steps of an epoch, which does not depend on the averaging frequency. */
  int stepsPerEpoch() {
    return Math.toIntExact(stepsPerEpoch(images, workers, batchSize));
  }

  private static long stepsPerEpoch(long images, int workers, int batchSize) {
    long asked = (images - 1) / ((long) workers * batchSize) + 1;
    return Math.max(1, Math.min(asked, images / workers));
  }

  /** Returns whether a round is the last of its epoch. */
  boolean endsEpoch(Round round) {
    return (round.lastStep() + 1) % stepsPerEpoch() == 0;
  }

  int steps() {
    return Math.multiplyExact(epochs, stepsPerEpoch());
  }

  /** Returns the number of rounds that the first {@code some} epochs have. */
  long rounds(int some) {
    long rounds = 0;
    for (int epoch = 0; epoch < some; epoch++) {
      int end = (epoch + 1) * stepsPerEpoch();
      for (int step = epoch * stepsPerEpoch(); step < end; step += frequency.at(step)) {
        rounds++;
      }
    }
    return rounds;
  }

  /**
   * Returns the round that begins with a step.
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
   * Returns the position in the epoch's order where a worker's step begins. Steps have {@code
   * least} images; the remaining images are dealt to the steps in turn, and each worker continues
   * where the one before ended. So a worker's minibatches have two sizes, for which an engine on
   * the processor keeps plans; on a GPU each of the changes, three per epoch at most, costs a plan.
   */
  private long place(int worker, int step) {
    long steps = stepsPerEpoch();
    long least = images / workers / steps;
    long from = EpochPlan.start(images, worker, workers);
    long to = EpochPlan.start(images, worker + 1, workers);
    long dealt = from - worker * least * steps; // remaining images dealt to the workers before
    long more = to - (worker + 1) * least * steps;
    return from + least * step + ofSteps(step, more) - ofSteps(step, dealt);
  }

  /** Returns how many of {@code dealt} images went to the first {@code first} steps. */
  private long ofSteps(int first, long dealt) {
    long steps = stepsPerEpoch();
    return dealt / steps * first + Math.min(dealt % steps, first);
  }

  /** Returns the rounds of an epoch, in order. */
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
