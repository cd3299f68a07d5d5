package io.sparkmae.data.prepare;

import java.util.Map;

/**
 * The result of {@code prepare}.
 *
 * @param rows images written
 * @param rejects images rejected, by reason
 * @param skipped files that are no inputs, by rule; members of shards that a rule skips as MEMBERS
 * @param oriented images written that had an orientation other than upright, whether turned or not
 * @param met files and members of shards: rows, rejects and skipped ones, together; 0 when unknown
 * @param unlabelled rows without a label, or with one that is no class; 0 when unknown
 * @param bytes size of the data files
 * @param imagesPerSecond images seen per second of the whole job; 0 when the data was already there
 * @param layout the layout that was read
 */
public record PrepareResult(
    long rows,
    Map<String, Long> rejects,
    Map<String, Long> skipped,
    long oriented,
    long met,
    long unlabelled,
    long bytes,
    double imagesPerSecond,
    String layout) {}
