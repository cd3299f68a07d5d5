package io.sparkmae.job.plan;

import io.sparkmae.job.averaging.exchange.Traffic;

/**
 * The seconds of a round beside its steps, from what it moves. Network, copies in memory and the
 * driver's messages are added, though they overlap in part.
 *
 * @param network of the busiest executor's link, in one direction
 * @param copies from memory to memory and, in int4, coding, on the fullest executor
 * @param driver that the driver needs for messages and tasks
 * @param limit the largest of these, by name
 */
public record RoundTime(
    double network, double copies, double driver, double seconds, String limit) {

  // measured: docs/scale.md
  private static final double COPIED = 2e9; // bytes a second of a core
  private static final double CODED = 3e-9; // seconds of a core for a number, mean of both ways
  private static final double MESSAGE = 90e-6; // seconds of the driver's processor, all its threads
  private static final double TASK = 2.5e-3; // the same
  private static final double STAGES = 0.1;

  private static final double HIDDEN = 1 / 20.0;

  /**
   * Returns the time of a round.
   *
   * @param gbps speed of an executor's network, in 10⁹ bits a second
   * @param cores of an executor that copy at once
   */
  public static RoundTime of(Traffic traffic, int workers, double gbps, int cores) {
    double network = Math.max(traffic.mostIn(), traffic.mostOut()) * 8 / (gbps * 1e9);
    double bytes = traffic.mostIn() + traffic.mostOut() + traffic.mostStored();
    double copies = (bytes / COPIED + traffic.mostCoded() * CODED) / cores;
    double driver =
        STAGES
            + TASK * (workers + traffic.averagingTasks())
            + MESSAGE * (traffic.lookups() + traffic.updates());
    String limit =
        network >= Math.max(copies, driver) ? "network" : copies >= driver ? "copies" : "driver";
    return new RoundTime(network, copies, driver, network + copies + driver, limit);
  }

  /**
   * Returns the averaging frequency from which averaging takes less than a twentieth of the time.
   *
   * @param step seconds of a local step
   */
  long stepsThatHideIt(double step) {
    return (long) Math.ceil(seconds * (1 - HIDDEN) / HIDDEN / step);
  }
}
