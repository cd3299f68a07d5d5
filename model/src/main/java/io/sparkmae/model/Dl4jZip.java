package io.sparkmae.model;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.apache.commons.io.input.CloseShieldInputStream;
import org.apache.commons.io.output.CloseShieldOutputStream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.updater.graph.ComputationGraphUpdater;
import org.deeplearning4j.util.ModelSerializer;
import org.nd4j.linalg.api.ndarray.INDArray;

/** DL4J's own file of a graph: a zip of its configuration, parameters and updater state. */
public final class Dl4jZip {

  // numbers of a vector: DL4J reads it into one Java array of bytes, header included
  private static final long MOST_NUMBERS = (Integer.MAX_VALUE - (1 << 20)) / Float.BYTES;

  private Dl4jZip() {}

  /** Tells whether the zip can hold a vector of so many numbers. */
  public static boolean fits(long numbers) {
    return numbers <= MOST_NUMBERS;
  }

  /**
   * Writes configuration, counters, parameters and, if it fits, the updater's state; {@code out}
   * stays open.
   *
   * @throws IllegalArgumentException if the parameters do not fit: DL4J reads 2 GiB an entry
   */
  public static void write(MaeGraph graph, OutputStream out) throws IOException {
    INDArray params = graph.params(); // also brings the state up to date
    if (!fits(params.length())) {
      throw new IllegalArgumentException(
          "Cannot write %d parameters as a DL4J zip (it holds at most %d; take another layout)"
              .formatted(params.length(), MOST_NUMBERS));
    }
    INDArray state = state(graph);
    boolean withState = state != null && fits(state.length());
    ModelSerializer.writeModel(graph, CloseShieldOutputStream.wrap(out), withState);
  }

  /** Reads what {@link #write} wrote; {@code in} stays open. */
  public static MaeGraph read(InputStream in) throws IOException {
    ComputationGraph graph =
        ModelSerializer.restoreComputationGraph(CloseShieldInputStream.wrap(in), true);
    return MaeGraph.of(graph.getConfiguration(), graph.params(), state(graph));
  }

  private static INDArray state(ComputationGraph graph) {
    ComputationGraphUpdater updater = graph.getUpdater(false);
    return updater == null ? null : updater.getStateViewArray();
  }
}
