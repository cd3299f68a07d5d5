package io.sparkmae.job.run;

import io.sparkmae.data.PreparedData;
import io.sparkmae.job.config.RunConfig;
import io.sparkmae.job.run.RunRecord.Place;
import io.sparkmae.job.store.ModelStore;
import io.sparkmae.job.store.ModelVersion;
import io.sparkmae.job.track.Tracker;
import io.sparkmae.job.train.ResumePoint;
import io.sparkmae.job.train.Task;
import io.sparkmae.job.train.Trained;
import java.io.IOException;
import org.apache.spark.sql.SparkSession;

/** A pre-training run and its model directory: from the last checkpoint to the final version. */
public final class PretrainRun {

  private final SparkSession spark;
  private RunConfig run; // with the position tables of its first weights
  private final String output;
  private final Tracker tracker;
  private final Snapshots snapshots = new Snapshots();

  /** Makes a run that tells {@code tracker} of its rounds. */
  public PretrainRun(SparkSession spark, RunConfig run, String output, Tracker tracker) {
    this.spark = spark;
    this.run = run;
    this.output = output;
    this.tracker = tracker;
  }

  /**
   * Trains and writes versions; the last is the result.
   *
   * @param resume whether to continue from the newest version if that is a checkpoint
   * @throws IllegalArgumentException if the checkpoint is of another run, or the model has other
   *     channels than the data
   */
  public PretrainResult train(boolean resume) throws IOException {
    return new TrainingRun<>(spark, run, output, tracker, new OwnVersions()).train(resume);
  }

  private final class OwnVersions implements TrainingRun.Versions<PretrainResult> {

    @Override
    public Task task(boolean begins) throws IOException {
      if (!begins || run.init().isEmpty()) {
        return Task.masked(run);
      }
      InitialWeights initial = InitialWeights.of(run, spark.sparkContext().hadoopConfiguration());
      run = initial.run();
      return Task.masked(run, initial);
    }

    @Override
    public PretrainResult write(Trained trained, Place place, PreparedData data, ModelStore store)
        throws IOException {
      return TrainedVersion.write(
          trained, run, place, data, store, snapshots, spark.sparkContext().hadoopConfiguration());
    }

    @Override
    public ResumePoint checkpoint(Trained soFar, Place place, PreparedData data, ModelStore store)
        throws IOException {
      return TrainedVersion.checkpoint(
          soFar, run, place, data, store, snapshots, spark.sparkContext().hadoopConfiguration());
    }

    @Override
    public ResumePoint restore(ModelVersion version) throws IOException {
      run = run.withPositionsOf(EncoderModel.description(version).config());
      snapshots.restore(version);
      return TrainedVersion.restore(version);
    }

    @Override
    public boolean isPassing(ModelVersion version) throws IOException {
      return RunRecord.isCheckpoint(version);
    }
  }
}
