package io.sparkmae.job.train;

import io.sparkmae.job.averaging.StateJobs.Meanwhile;
import io.sparkmae.job.averaging.exchange.StoredState;
import io.sparkmae.job.store.Metric;
import io.sparkmae.job.store.VersionWriter;
import io.sparkmae.model.MaeGraph;
import java.io.IOException;
import java.util.List;

/**
 * What training has come to, at the end or at a checkpoint.
 *
 * @param graph moments stay on the executors; its parameters are there when the vectors are written
 * @param vectors everything that it takes to go on; only while {@link Checkpoints#keep} has it
 * @param metrics of all rounds, also those before the checkpoint that this run began from
 * @param loss mean over the images of the last epoch that was begun
 * @param images trained, those before included
 * @param imagesPerSecond since this process began to train
 * @param finished whether the run is at its end
 */
public record Trained(
    MaeGraph graph,
    Vectors vectors,
    List<Metric> metrics,
    double loss,
    long images,
    double imagesPerSecond,
    boolean finished) {

  /** Parameters, moments and the outer step's momentum, wherever they are. */
  @FunctionalInterface
  public interface Vectors {

    /**
     * Writes them as files of {@code version}, and runs {@code meanwhile} when the graph has its
     * parameters.
     */
    StoredState write(VersionWriter version, Meanwhile meanwhile) throws IOException;
  }
}
