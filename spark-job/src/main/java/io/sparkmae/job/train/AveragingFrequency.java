package io.sparkmae.job.train;

import io.sparkmae.model.optimiser.WarmupCosine;

/**
 * The number of local steps between two averagings, by global step.
 *
 * @param base the minimum, and the constant number without growth
 * @param growth α of the Quadratic Synchronization Rule: H = max(base, ⌊(α / rate)²⌋), in warm-up
 *     at the peak rate; 0 for none
 * @param everyStepInWarmup whether warm-up averages after every step instead
 * @see <a href="https://arxiv.org/abs/2310.14423">Gu et al. 2023, QSR, equation 2</a>
 */
record AveragingFrequency(
    int base, double growth, boolean everyStepInWarmup, WarmupCosine schedule) {

  int at(int step) {
    boolean warmup = step < schedule.warmupIterations();
    if (warmup && everyStepInWarmup) {
      return 1;
    }
    if (growth == 0) {
      return base;
    }
    double rate = warmup ? schedule.peak() : schedule.valueAt(step, 0);
    double grown = Math.floor(Math.pow(growth / rate, 2));
    return (int) Math.max(base, Math.min(grown, 1 << 20)); // a limit, since the rate ends at 0
  }
}
