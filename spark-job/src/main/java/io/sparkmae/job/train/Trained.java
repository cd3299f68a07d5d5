package io.sparkmae.job.train;

import io.sparkmae.job.store.Metric;
import io.sparkmae.model.MaeGraph;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What training has come to, at the end or at a checkpoint.
 *
 * @param graph with the counters of the next step
 * @param outerMomentum of {@code averaging.outer-momentum}, as long as the parameters; null without
 * @param metrics of all rounds, also those before the checkpoint that this run began from
 * @param loss mean over the images of the last epoch that was begun
 * @param images trained, those before included
 * @param imagesPerSecond since this process began to train
 */
public record Trained(
    MaeGraph graph,
    INDArray outerMomentum,
    List<Metric> metrics,
    double loss,
    long images,
    double imagesPerSecond) {

  /** What a checkpoint holds, for {@link Pretraining} to go on from. */
  public static Trained restored(MaeGraph graph, INDArray outerMomentum, List<Metric> metrics) {
    return new Trained(graph, outerMomentum, metrics, Double.NaN, 0, 0);
  }
}
