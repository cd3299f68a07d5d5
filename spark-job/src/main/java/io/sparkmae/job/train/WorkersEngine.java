package io.sparkmae.job.train;

import io.sparkmae.job.spark.Sessions;
import io.sparkmae.model.config.Engine;
import io.sparkmae.model.config.Precision;
import io.sparkmae.model.engine.Engines;
import org.apache.spark.SparkConf;

/** The engine of a run's workers: one for all, chosen by the driver. */
public final class WorkersEngine {

  private WorkersEngine() {}

  /**
   * Returns the engine of all workers. On a cluster the driver's own GPU says nothing about theirs:
   * for {@link Engine#AUTO} they compute on GPUs if Spark gives each task one, and a worker that
   * cannot run the engine fails.
   *
   * @param force whether bf16 may run on a processor without bf16 instructions
   * @throws IllegalArgumentException if the engine runs here, or on processors, and this machine
   *     cannot run it
   */
  public static Engine of(Engine choice, Precision precision, boolean force, SparkConf conf) {
    boolean local = Sessions.isLocal(conf.get("spark.master", "local"));
    Engine engine = choice == Engine.AUTO && !local ? onCluster(conf) : choice;
    return engine == Engine.CUDA && !local ? engine : Engines.resolve(engine, precision, force);
  }

  private static Engine onCluster(SparkConf conf) {
    return TaskSlots.haveGpus(conf) ? Engine.CUDA : Engines.processors();
  }
}
