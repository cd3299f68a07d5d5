package io.sparkmae.job.train;

import io.sparkmae.job.averaging.exchange.StoredState;
import io.sparkmae.job.store.Metric;
import io.sparkmae.job.store.WorkerTotal;
import java.util.List;

/**
 * A point to continue a run from: a version with its state.
 *
 * @param version the version's URI
 * @param state its vectors
 * @param metrics of all rounds so far
 * @param workers the work of each so far; empty where an older version wrote it
 */
public record ResumePoint(
    String version, StoredState state, List<Metric> metrics, List<WorkerTotal> workers) {}
