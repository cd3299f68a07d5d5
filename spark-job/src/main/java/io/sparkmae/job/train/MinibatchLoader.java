package io.sparkmae.job.train;

import io.sparkmae.data.EpochPlan;
import io.sparkmae.data.PatchBatch;
import io.sparkmae.data.PatchReader;
import io.sparkmae.data.PreparedData;
import io.sparkmae.job.averaging.ResidentLoader;
import io.sparkmae.job.config.RunConfig;
import io.sparkmae.job.pixels.DataPixels;
import io.sparkmae.model.config.Normalisation;
import io.sparkmae.model.engine.Engines;
import java.util.HashMap;
import java.util.Map;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkEnv;
import org.apache.spark.util.SerializableConfiguration;
import org.nd4j.common.loader.Source;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * Reads a {@link Minibatch} on an executor: rows to what {@link Samples} make of them.
 *
 * <p>All that is drawn for a sample depends on seed, epoch and key alone, not on the worker.
 */
final class MinibatchLoader implements ResidentLoader {

  private static final long serialVersionUID = 1;

  // Keeps the row groups that a task read for the next round's task on the same thread.
  private static final ThreadLocal<Resident> RESIDENT = new ThreadLocal<>();

  private final PreparedData data;
  private final Samples samples;
  private final Normalisation normalisation;
  private final int decodeThreads;
  private final long seed;
  private final int workers;
  private final SerializableConfiguration hadoop;

  // All threads of an executor share one loader; at the end of an epoch they need two plans.
  private transient Map<Integer, EpochPlan> plans;

  private record Resident(PreparedData data, int decodeThreads, PatchReader reader) {

    boolean holds(PreparedData other, int threads) {
      return decodeThreads == threads
          && data.uri().equals(other.uri())
          && data.manifest().equals(other.manifest());
    }
  }

  /**
   * Makes a loader for a run.
   *
   * @param workers number of workers; the order of an epoch depends on it
   * @throws IllegalArgumentException if the model has other channels than the data
   */
  MinibatchLoader(
      PreparedData data,
      Samples samples,
      RunConfig run,
      int workers,
      SerializableConfiguration hadoop) {
    this.data = data;
    this.samples = samples;
    this.normalisation = DataPixels.normalisation(data, run.model());
    this.decodeThreads = run.data().decodeThreads();
    this.seed = run.train().seed();
    this.workers = workers;
    this.hadoop = hadoop;
  }

  @Override
  public MultiDataSet load(Source source) {
    return load(Minibatch.ofPath(source.getPath()));
  }

  MultiDataSet load(Minibatch minibatch) {
    EpochPlan plan = plan(minibatch.epoch());
    PatchBatch batch =
        reader()
            .read(plan.rows(minibatch.from(), minibatch.to()), samples.views(minibatch.epoch()));
    return samples.minibatch(batch, normalisation);
  }

  private synchronized EpochPlan plan(int epoch) {
    if (plans == null) {
      plans = new HashMap<>(); // transient: null after deserialisation
    }
    plans.keySet().removeIf(other -> Math.abs(other - epoch) > 1);
    return plans.computeIfAbsent(epoch, e -> EpochPlan.of(data.manifest(), seed, e, workers));
  }

  private PatchReader reader() {
    int threads = decodeThreads > 0 ? decodeThreads : threadsOfTask();
    Resident resident = RESIDENT.get();
    if (resident == null || !resident.holds(data, threads)) {
      release();
      resident = new Resident(data, threads, new PatchReader(data, hadoop.value(), threads));
      RESIDENT.set(resident);
    }
    return resident.reader;
  }

  /**
   * Returns the task's cores, or a step's threads where those are more: while a decode thread has
   * one's core, another can use the cores of those that wait for it.
   */
  private static int threadsOfTask() {
    // a loader's thread is not its task's thread, so the executor's settings are used
    SparkEnv executor = SparkEnv.get();
    SparkConf settings = executor == null ? new SparkConf(false) : executor.conf();
    return Math.max(settings.getInt("spark.task.cpus", 1), Engines.threads());
  }

  @Override
  public void release() {
    Resident resident = RESIDENT.get();
    if (resident != null) {
      resident.reader.close();
      RESIDENT.remove();
    }
  }
}
