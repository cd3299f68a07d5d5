package io.sparkmae.data.prepare;

import java.util.Map;

/**
 * Two counts of one preparation that were made apart: what the listing and the readers met, and
 * what the writers wrote, rejected and skipped.
 *
 * @param met files and members of shards; the shards that were read are not counted themselves
 * @param units pieces of work
 * @param tallied pieces of work whose count has arrived
 * @param rows images in the files written
 * @param rejects by reason
 * @param skipped by rule
 */
record Account(
    long met,
    long units,
    long tallied,
    long rows,
    Map<String, Long> rejects,
    Map<String, Long> skipped) {

  /**
   * Checks that every file met is a row, a reject or skipped.
   *
   * @throws CountsDiffer if it is not so
   */
  void check() {
    long rejected = sum(rejects);
    long passed = sum(skipped);
    if (rows + rejected + passed != met || tallied != units) {
      throw new CountsDiffer(
          "Cannot account for every file: %d rows, %d rejects and %d skipped are not the %d met, counted in %d of %d units of work (a fault of this program; please report it)"
              .formatted(rows, rejected, passed, met, tallied, units));
    }
  }

  static long sum(Map<String, Long> counts) {
    return counts.values().stream().mapToLong(Long::longValue).sum();
  }
}
