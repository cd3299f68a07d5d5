package io.sparkmae.job.train;

import io.sparkmae.job.config.RunConfig;
import java.io.IOException;
import java.util.List;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.deeplearning4j.spark.api.TrainingHook;

/** A pre-training run. */
public final class Pretraining {

  private Pretraining() {}

  /** Trains on the prepared data that {@code run} names, from the beginning to the end. */
  public static Trained train(SparkSession session, RunConfig run) throws IOException {
    return train(session, run, null, Checkpoints.NONE, List.of());
  }

  /** Trains with hooks that the workers call around every step; see {@link Training#train}. */
  static Trained train(
      SparkSession session,
      RunConfig run,
      ResumePoint from,
      Checkpoints checkpoints,
      List<TrainingHook> hooks)
      throws IOException {
    int workers = workers(JavaSparkContext.fromSparkContext(session.sparkContext()), run);
    return Training.train(
        session, run, Task.masked(run), workers, from, checkpoints, round -> {}, hooks);
  }

  /**
   * The workers that {@code run} has on this cluster; to be asked once a run, since executors come.
   *
   * @throws IllegalArgumentException if tasks have GPUs, and not one each, or if the slots are to
   *     be counted and executors come and go
   * @throws SlotsMissing if executors that were asked for have not come
   */
  public static int workers(JavaSparkContext spark, RunConfig run) {
    TaskSlots.haveGpus(spark.getConf());
    return run.train().workers() > 0 ? run.train().workers() : TaskSlots.count(spark.sc());
  }
}
