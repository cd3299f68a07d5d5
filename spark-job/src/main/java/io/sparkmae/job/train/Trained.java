package io.sparkmae.job.train;

import io.sparkmae.job.averaging.StateJobs.Meanwhile;
import io.sparkmae.job.averaging.exchange.StoredState;
import io.sparkmae.job.store.Metric;
import io.sparkmae.job.store.VersionWriter;
import io.sparkmae.job.store.WorkerTotal;
import io.sparkmae.model.EngineGraph;
import java.io.IOException;
import java.util.List;

/**
 * The result of training, at the end or at a checkpoint.
 *
 * @param graph gets its parameters when the vectors are written; moments stay on the executors
 * @param vectors the state to continue from; valid only during {@link Checkpoints#keep}
 * @param metrics of all rounds, also those before the checkpoint that this run began from
 * @param workers the work of each, likewise
 * @param loss mean over the images of the last epoch begun
 * @param images images trained, those before a checkpoint included
 * @param imagesPerSecond since this process began to train
 * @param finished whether the run is finished
 */
public record Trained(
    EngineGraph graph,
    Vectors vectors,
    List<Metric> metrics,
    List<WorkerTotal> workers,
    double loss,
    long images,
    double imagesPerSecond,
    boolean finished) {

  /** Parameters, moments and the outer step's momentum, on whichever machines they are. */
  @FunctionalInterface
  public interface Vectors {

    /**
     * Writes them as files of {@code version}; runs {@code meanwhile} once the graph has its
     * parameters.
     */
    StoredState write(VersionWriter version, Meanwhile meanwhile) throws IOException;
  }
}
