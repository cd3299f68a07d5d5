package io.sparkmae.job.run;

import io.sparkmae.data.PreparedData;
import io.sparkmae.job.averaging.exchange.BrokenState;
import io.sparkmae.job.config.RunConfig;
import io.sparkmae.job.pixels.DataPixels;
import io.sparkmae.job.run.RunRecord.Place;
import io.sparkmae.job.store.BadModel;
import io.sparkmae.job.store.ModelStore;
import io.sparkmae.job.store.ModelVersion;
import io.sparkmae.job.store.RunLease;
import io.sparkmae.job.train.Pretraining;
import io.sparkmae.job.train.ResumePoint;
import io.sparkmae.job.train.Trained;
import io.sparkmae.model.MaeGraph;
import io.sparkmae.model.config.Normalisation;
import java.io.IOException;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.commons.codec.digest.DigestUtils;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;

/** A pre-training run and its model directory: from the last checkpoint to the final version. */
public final class PretrainRun {

  private final SparkSession spark;
  private RunConfig run; // with the position tables of its first weights
  private final String output;
  private final Configuration hadoop;
  private final ModelStore store;
  private final Set<String> broken = new HashSet<>(); // versions whose state could not be read
  private PreparedData data; // known with the place
  private Place place; // null until it is known whether there is a checkpoint
  private Normalisation normalisation; // null until then
  private PretrainResult result; // null until the end

  public PretrainRun(SparkSession spark, RunConfig run, String output) throws IOException {
    this.spark = spark;
    this.run = run;
    this.output = output;
    this.hadoop = spark.sparkContext().hadoopConfiguration();
    this.store = ModelStore.at(output, hadoop);
  }

  /**
   * Trains and writes versions; the last is the result.
   *
   * @param resume whether to continue from the newest version if that is a checkpoint
   * @throws IllegalArgumentException if the checkpoint is of another run, or the model has other
   *     channels than the data
   */
  public PretrainResult train(boolean resume) throws IOException {
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
    Consumer<MaeGraph> start = graph -> graph.initialise(run.train().seed());
    if (!run.init().isEmpty() && from.isEmpty()) {
      InitialWeights initial = InitialWeights.of(run, hadoop);
      run = initial.run();
      start = initial;
    }
    Pretraining.train(
        spark, run, place.workers(), from.orElse(null), start, soFar -> keep(lease, soFar));
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
    run = run.withPositionsOf(EncoderModel.description(version).config());
    return TrainedVersion.restore(version);
  }

  private ResumePoint keep(RunLease lease, Trained soFar) throws IOException {
    lease.check();
    ResumePoint kept = null;
    if (soFar.finished()) {
      result =
          TrainedVersion.write(soFar, run, place, normalisation, data.manifest(), store, hadoop);
    } else {
      kept = TrainedVersion.checkpoint(soFar, run, place, normalisation, store);
    }
    store.prune(run.checkpoints().keep(), RunRecord::isCheckpoint);
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
      normalisation = DataPixels.normalisation(data, run.model());
      boolean takes = run.train().workers() == 0 && recorded > 0;
      JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
      int workers = takes ? recorded : Pretraining.workers(context, run);
      String manifest = data.manifest().toJson();
      place = new Place(workers, data.rows(), DigestUtils.sha256Hex(manifest));
    }
  }
}
