package io.sparkmae.job.train;

import io.sparkmae.job.averaging.exchange.StoredState;
import io.sparkmae.job.store.Metric;
import java.util.List;

/**
 * Where a run may go on: a version that holds its state.
 *
 * @param version the version's URI
 * @param state its vectors
 * @param metrics of all rounds so far
 */
public record ResumePoint(String version, StoredState state, List<Metric> metrics) {}
