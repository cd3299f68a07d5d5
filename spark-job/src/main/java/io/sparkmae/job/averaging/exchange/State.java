package io.sparkmae.job.averaging.exchange;

import io.sparkmae.job.averaging.exchange.Slices.Slice;
import io.sparkmae.model.EngineGraph;
import io.sparkmae.model.engine.device.HostVector;
import java.nio.FloatBuffer;
import java.util.Arrays;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.updater.graph.ComputationGraphUpdater;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.concurrency.AffinityManager.Location;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A graph whose parameters and moments are read and written slice by slice, in place.
 *
 * @param moments the optimiser's state; null if it has none
 */
public record State(ComputationGraph graph, INDArray params, INDArray moments) {

  /** Returns a new graph with that configuration; parameters and moments are not initialised. */
  public static State create(String configuration, boolean engine, Slices slices) {
    ComputationGraphConfiguration conf = ComputationGraphConfiguration.fromJson(configuration);
    INDArray params = Nd4j.create(DataType.FLOAT, 1, slices.params());
    INDArray moments = slices.moments() == 0 ? null : Nd4j.create(DataType.FLOAT, slices.moments());
    return new State(
        engine ? EngineGraph.of(conf, params, moments) : plain(conf, params, moments),
        params,
        moments);
  }

  private static ComputationGraph plain(
      ComputationGraphConfiguration conf, INDArray params, INDArray moments) {
    ComputationGraph graph = new ComputationGraph(conf);
    graph.init(params, false);
    if (moments != null) {
      graph.setUpdater(new ComputationGraphUpdater(graph, moments));
    }
    return graph;
  }

  public FloatBuffer read(Slice slice) {
    Nd4j.getAffinityManager().ensureLocation(array(slice), Location.HOST);
    return view(slice);
  }

  public void write(Slice slice, FloatBuffer numbers) {
    view(slice).put(numbers);
    Nd4j.getAffinityManager().tagLocation(array(slice), Location.HOST);
  }

  public void clearMoments() {
    if (moments != null) {
      moments.assign(0);
    }
  }

  /** Frees the vectors at once, not only when Java's garbage collector runs. */
  public void close() {
    for (INDArray vector : Arrays.asList(params, moments, graph.getGradientsViewArray())) {
      if (vector != null && vector.closeable()) {
        vector.close();
      }
    }
  }

  private INDArray array(Slice slice) {
    return slice.ofParams() ? params : moments;
  }

  /**
   * Returns a view of a slice in the array's own memory: the vector may be longer than a Java
   * array.
   */
  private FloatBuffer view(Slice slice) {
    return HostVector.view(array(slice), slice.from(), slice.length());
  }
}
