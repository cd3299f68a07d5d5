package io.sparkmae.job.run;

import io.sparkmae.job.averaging.exchange.StoredState;
import io.sparkmae.job.averaging.exchange.StoredState.Part;
import io.sparkmae.job.averaging.exchange.StoredState.Vector;
import io.sparkmae.job.store.Json;
import io.sparkmae.job.store.ModelVersion;
import io.sparkmae.job.store.VersionWriter;
import io.sparkmae.model.Dl4jZip;
import io.sparkmae.model.EngineGraph;
import io.sparkmae.model.MaeGraph;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.engine.StepEngine.Slot;
import io.sparkmae.model.engine.device.HostVector;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.NoOp;

/**
 * A version's {@code state/state.json}: the files of its vectors, and the position of each tensor
 * in the parameters.
 *
 * @param tensors name in the reference → first number, and shape
 */
public record StateFile(StoredState state, Map<String, Slot> tensors) {

  static final String FILE = "state/state.json";

  private static final String OLD = "state/graph.zip";
  private static final int PIECE = 1 << 20; // numbers

  /** Writes the description of a state whose parts are already written. */
  static void write(VersionWriter version, StoredState state, EngineGraph graph)
      throws IOException {
    StateFile file = new StateFile(state, graph.slots());
    version.file(FILE, out -> out.write(Json.pretty(file)));
  }

  /**
   * Reads the state of a version.
   *
   * @throws IllegalArgumentException if it is in the format of an older version of this job
   */
  static StateFile read(ModelVersion version) throws IOException {
    if (version.has(OLD)) {
      throw new IllegalArgumentException(
          "Cannot read %s of %s: an older version of this job wrote it (finish and export with that version, or train with --resume never)"
              .formatted(OLD, version.uri()));
    }
    return version.read(FILE, in -> Json.read(in, StateFile.class));
  }

  /** Returns a graph with the parameters of a version. */
  public static MaeGraph graph(ModelVersion version, MaeConfig config) throws IOException {
    StateFile file = read(version);
    MaeGraph graph = MaeGraph.blank(config, new NoOp(), 0);
    file.load(version, graph);
    return graph;
  }

  /**
   * Returns the graph of a version with its moments; without them if they do not fit a DL4J zip.
   */
  public static MaeGraph withMoments(ModelVersion version) throws IOException {
    StateFile file = read(version);
    MaeGraph graph = RunRecord.graph(version, file.state.iteration());
    file.load(version, graph);
    if (Dl4jZip.fits(file.state.moments())) {
      INDArray moments = graph.getUpdater().getStateViewArray(); // null for plain descent
      load(version, file.state, Vector.MOMENTS, moments);
    } else {
      System.err.printf(
          "the %d moments are left out: a DL4J zip cannot hold them%n", file.state.moments());
    }
    return graph;
  }

  /** Reads the parameters of a version into a graph of the same towers. */
  void load(ModelVersion version, MaeGraph graph) throws IOException {
    if (!describe(tensors).equals(describe(graph.slots()))) {
      throw new IllegalArgumentException(
          "Cannot read the state of %s: its tensors are not laid out as this version of the job lays them out (export with the version that wrote it)"
              .formatted(version.uri()));
    }
    load(version, state, Vector.PARAMS, graph.params());
  }

  // compared as text, since records compare arrays by identity
  private static Map<String, String> describe(Map<String, Slot> slots) {
    Map<String, String> described = new LinkedHashMap<>();
    slots.forEach((name, slot) -> described.put(name, Json.line(slot)));
    return described;
  }

  private static void load(ModelVersion version, StoredState state, Vector vector, INDArray into)
      throws IOException {
    for (Part part : state.parts(vector)) {
      version.read(
          part.file().file(),
          in -> {
            fill(into, part, in);
            return part;
          });
    }
  }

  private static void fill(INDArray into, Part part, InputStream in) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(PIECE * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (long done = 0; done < part.length(); ) {
      int length = (int) Math.min(PIECE, part.length() - done);
      if (in.readNBytes(bytes.array(), 0, length * Float.BYTES) < length * Float.BYTES) {
        throw new EOFException("A part of the state is too short");
      }
      HostVector.view(into, part.from() + done, length).put(bytes.asFloatBuffer().limit(length));
      done += length;
    }
  }
}
