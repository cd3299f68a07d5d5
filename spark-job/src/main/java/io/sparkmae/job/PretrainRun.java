package io.sparkmae.job;

import io.sparkmae.data.PreparedData;
import io.sparkmae.job.RunRecord.Place;
import io.sparkmae.job.store.ModelStore;
import io.sparkmae.job.store.ModelVersion;
import io.sparkmae.job.store.RunLease;
import io.sparkmae.job.train.Pretraining;
import io.sparkmae.job.train.Trained;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;

/** A pre-training run and its model directory: from the last checkpoint to the final version. */
final class PretrainRun {

  private final SparkSession spark;
  private final RunConfig run;
  private final String output;
  private final Configuration hadoop;
  private final ModelStore store;
  private final Place place;

  PretrainRun(SparkSession spark, RunConfig run, String output) throws IOException {
    this.spark = spark;
    this.run = run;
    this.output = output;
    this.hadoop = spark.sparkContext().hadoopConfiguration();
    this.store = ModelStore.at(output, hadoop);
    this.place = place();
  }

  /**
   * Trains and writes versions; the last is the result.
   *
   * @param resume whether to go on from the newest version if that is a checkpoint
   * @throws IllegalArgumentException if it is another run's
   */
  PretrainResult train(boolean resume) throws IOException {
    try (RunLease lease = RunLease.take(output, hadoop)) {
      Trained from = resume ? checkpoint() : null;
      Trained trained = Pretraining.train(spark, run, from, soFar -> keep(lease, soFar));
      lease.check();
      PretrainResult result = TrainedVersion.write(trained, run, place, store, hadoop);
      store.prune(run.checkpoints().keep(), RunRecord::isCheckpoint);
      return result;
    }
  }

  private Trained checkpoint() throws IOException {
    Optional<ModelVersion> latest = store.latest();
    if (latest.isEmpty() || !RunRecord.isCheckpoint(latest.get())) {
      return null;
    }
    RunRecord.requireSame(latest.get(), run, place);
    Trained from = TrainedVersion.restore(latest.get());
    System.err.printf(
        "going on from %s, step %d%n", latest.get().uri(), from.graph().getIterationCount());
    return from;
  }

  private void keep(RunLease lease, Trained soFar) throws IOException {
    lease.check();
    ModelVersion version = TrainedVersion.checkpoint(soFar, run, place, store);
    store.prune(run.checkpoints().keep(), RunRecord::isCheckpoint);
    System.err.printf(
        "checkpoint %s before step %d%n", version.name(), soFar.graph().getIterationCount());
  }

  private Place place() {
    String manifest = PreparedData.open(run.data().uri(), hadoop).manifest().toJson();
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(manifest.getBytes(StandardCharsets.UTF_8));
      int workers =
          Pretraining.workers(JavaSparkContext.fromSparkContext(spark.sparkContext()), run);
      return new Place(workers, HexFormat.of().formatHex(digest));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256", e);
    }
  }
}
