package io.sparkmae.job.train;

import io.sparkmae.job.config.RunConfig;

/**
 * How long a run is, by its plan of rounds.
 *
 * @param stepsPerEpoch local steps of each worker
 * @param roundsPerEpoch of the first epoch; a growing averaging frequency makes fewer later
 */
public record RunLength(int stepsPerEpoch, long roundsPerEpoch, long steps, long rounds) {

  /**
   * Returns the length of {@code run}.
   *
   * @throws IllegalArgumentException if there are fewer images than workers
   */
  public static RunLength of(RunConfig run, long images, int workers) {
    RoundPlan plan = RoundPlan.of(run, images, workers);
    return new RunLength(
        plan.stepsPerEpoch(), plan.rounds(1), plan.steps(), plan.rounds(plan.epochs()));
  }
}
