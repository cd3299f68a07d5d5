package io.sparkmae.job.plan;

import io.sparkmae.job.config.RunConfig;
import io.sparkmae.job.train.RunLength;

/**
 * What a run will need.
 *
 * @param executors at work at once; 0 with a local master
 * @param memory of each process in MiB
 * @param length steps and rounds
 * @param round seconds of an average, beside the steps
 * @param stepsThatHideIt averaging frequency from which averaging takes less than a twentieth of
 *     the time; null where the rate is unknown
 * @param hours of the run without checkpoints; null where the rate is unknown
 * @param cost of the executors in that time; null without a price
 * @param submit the command to paste
 */
public record RunPlan(
    int workers,
    int executors,
    MemoryPlan memory,
    RunLength length,
    RoundTime round,
    Long stepsThatHideIt,
    Double hours,
    Double cost,
    String submit) {

  /**
   * Returns the plan.
   *
   * @param images of the data
   * @param imagesPerSecond of one worker; 0 if unknown
   * @param pricePerHour of an executor; 0 if unknown
   * @throws IllegalArgumentException if the run does not fit the cluster
   */
  public static RunPlan of(
      RunConfig run,
      int workers,
      long images,
      Cluster cluster,
      double imagesPerSecond,
      double pricePerHour,
      SubmitLine submit) {
    RunLength length = RunLength.of(run, images, workers);
    MemoryPlan memory = new Fit(run, workers, cluster).require();
    int executors = cluster.isLocal() ? 0 : cluster.executors(workers);
    RoundTime round =
        RoundTime.of(memory.traffic(), workers, cluster.networkGbps(), cluster.cores());
    Double step = imagesPerSecond > 0 ? run.train().cropsOfStep() / imagesPerSecond : null;
    int turns = cluster.isLocal() ? (workers - 1) / cluster.workersOfExecutor() + 1 : 1;
    Double hours =
        step == null
            ? null
            : (length.steps() * step * turns + length.rounds() * round.seconds()) / 3600;
    return new RunPlan(
        workers,
        executors,
        memory,
        length,
        round,
        step == null ? null : round.stepsThatHideIt(step),
        hours,
        hours == null || pricePerHour <= 0 ? null : hours * Math.max(1, executors) * pricePerHour,
        submit.of(workers, cluster, memory));
  }

  /** Returns the plan for people to read. */
  public String text() {
    StringBuilder text = new StringBuilder();
    text.append(
        "%d workers on %s; %,d parameters%n"
            .formatted(
                workers,
                executors == 0 ? "one process" : executors + " executors",
                memory.parameters()));
    describe(text, executors == 0 ? "the process" : "the driver", memory.driver());
    describe(text, "an executor", memory.executor());
    describe(text, "a GPU", memory.gpu());
    return text.append(exchangeText()).append(lengthText()).append(submit).toString();
  }

  private String exchangeText() {
    return "slices on the heap while workers exchange them: up to %,d MiB, %s%n"
            .formatted(
                memory.blocks(),
                memory.blocksFit()
                    ? "in memory"
                    : "MORE THAN FITS: some go to the disk, which is slow; raise the heap")
        + "a round: %,d MiB into the busiest executor, %,d MiB out of it, %,d messages to the driver; about %.1f s, most of it %s%n"
            .formatted(
                memory.traffic().mostIn() >> 20,
                memory.traffic().mostOut() >> 20,
                memory.traffic().driverMessages(workers),
                round.seconds(),
                round.limit());
  }

  private String lengthText() {
    String steps =
        "%,d steps and %,d rounds an epoch, %,d and %,d in all%n"
            .formatted(
                length.stepsPerEpoch(), length.roundsPerEpoch(), length.steps(), length.rounds());
    return hours == null
        ? steps
        : steps
            + "about %.1f hours%s; averaging takes less than a twentieth from --averaging-frequency %d on%n"
                .formatted(
                    hours, cost == null ? "" : ", cost %.2f".formatted(cost), stepsThatHideIt);
  }

  private static void describe(StringBuilder text, String name, Process process) {
    if (process != null) {
      text.append("%s: %,d MiB%n".formatted(name, process.total()));
      process.parts().forEach((part, mib) -> text.append("  %,8d  %s%n".formatted(mib, part)));
    }
  }
}
