package io.sparkmae.job.run;

import io.sparkmae.data.PreparedData;
import io.sparkmae.job.averaging.exchange.BrokenState;
import io.sparkmae.job.config.RunConfig;
import io.sparkmae.job.run.RunRecord.Place;
import io.sparkmae.job.store.BadModel;
import io.sparkmae.job.store.ModelStore;
import io.sparkmae.job.store.ModelVersion;
import io.sparkmae.job.store.RunLease;
import io.sparkmae.job.track.Scalars;
import io.sparkmae.job.track.Tracker;
import io.sparkmae.job.train.Pretraining;
import io.sparkmae.job.train.ResumePoint;
import io.sparkmae.job.train.Task;
import io.sparkmae.job.train.Trained;
import io.sparkmae.job.train.Training;
import java.io.IOException;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.apache.commons.codec.digest.DigestUtils;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;

/**
 * A run and its model directory: from the last checkpoint to the final version.
 *
 * @param <R> the run's result
 */
final class TrainingRun<R> {

  private final SparkSession spark;
  private final RunConfig run;
  private final String output;
  private final Configuration hadoop;
  private final ModelStore store;
  private final Tracker tracker;
  private final Versions<R> versions;
  private final Set<String> broken = new HashSet<>(); // versions whose state could not be read
  private PreparedData data; // known with the place
  private Place place; // null until it is known whether there is a checkpoint
  private R result; // null until the end

  /** How the run's versions are written and read. */
  interface Versions<R> {

    /**
     * Returns what is trained.
     *
     * @param begins whether the run begins; otherwise {@link #restore} has read its checkpoint
     */
    Task task(boolean begins) throws IOException;

    /** Writes the final version. */
    R write(Trained trained, Place place, PreparedData data, ModelStore store) throws IOException;

    /** Writes a checkpoint: a complete model, and the state to continue from. */
    ResumePoint checkpoint(Trained soFar, Place place, PreparedData data, ModelStore store)
        throws IOException;

    /** Reads a checkpoint, except the vectors, which executors read. */
    ResumePoint restore(ModelVersion version) throws IOException;

    /** Returns whether an older version may be deleted. */
    boolean isPassing(ModelVersion version) throws IOException;
  }

  TrainingRun(
      SparkSession spark, RunConfig run, String output, Tracker tracker, Versions<R> versions)
      throws IOException {
    this.spark = spark;
    this.run = run;
    this.output = output;
    this.hadoop = spark.sparkContext().hadoopConfiguration();
    this.store = ModelStore.at(output, hadoop);
    this.tracker = tracker;
    this.versions = versions;
  }

  /**
   * Trains and writes versions; the last is the result.
   *
   * @param resume whether to continue from the newest version if that is a checkpoint
   * @throws IllegalArgumentException if the checkpoint is of another run
   */
  R train(boolean resume) throws IOException {
    try (RunLease lease = RunLease.take(output, hadoop)) {
      while (result == null) {
        try {
          Optional<ResumePoint> from = resume ? store.read(this::resumePoint) : Optional.empty();
          requirePlace(0);
          train(lease, from);
        } catch (BrokenState e) {
          broken.add(e.version());
        }
      }
      return result;
    }
  }

  private void train(RunLease lease, Optional<ResumePoint> from) throws IOException {
    from.ifPresent(
        point ->
            System.err.printf(
                "going on from %s, step %d%n", point.version(), point.state().iteration()));
    Training.train(
        spark,
        run,
        versions.task(from.isEmpty()),
        place.workers(),
        from.orElse(null),
        soFar -> keep(lease, soFar),
        round -> tracker.log(Scalars.of(round)));
  }

  /** Returns the state to continue from, or null to start from the beginning. */
  private ResumePoint resumePoint(ModelVersion version) throws IOException {
    if (broken.contains(version.uri())) {
      throw new BadModel("an executor could not read its state (verify names the file)");
    }
    if (!RunRecord.isCheckpoint(version)) {
      return null;
    }
    requirePlace(RunRecord.workers(version));
    RunRecord.requireSame(version, run, place);
    return versions.restore(version);
  }

  private ResumePoint keep(RunLease lease, Trained soFar) throws IOException {
    lease.check();
    ResumePoint kept = null;
    if (soFar.finished()) {
      result = versions.write(soFar, place, data, store);
    } else {
      kept = versions.checkpoint(soFar, place, data, store);
    }
    store.prune(run.checkpoints().keep(), versions::isPassing);
    return kept;
  }

  /**
   * Finds out the place of the run, once.
   *
   * @param recorded workers of the checkpoint, which are taken where the run asks for none; 0 for
   *     the cluster's task slots
   */
  private void requirePlace(int recorded) {
    if (place == null) {
      data = PreparedData.open(run.data().uri(), hadoop);
      boolean takes = run.train().workers() == 0 && recorded > 0;
      JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
      int workers = takes ? recorded : Pretraining.workers(context, run);
      String manifest = data.manifest().toJson();
      place = new Place(workers, data.rows(), DigestUtils.sha256Hex(manifest));
    }
  }
}
