package io.sparkmae.job.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkmae.job.averaging.exchange.StoredState;
import io.sparkmae.job.averaging.exchange.StoredState.Part;
import io.sparkmae.job.averaging.exchange.StoredState.Vector;
import io.sparkmae.job.store.ModelStore;
import io.sparkmae.job.store.ModelVersion;
import io.sparkmae.job.store.StoredFile;
import io.sparkmae.job.store.VersionWriter;
import io.sparkmae.model.MaeGraph;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Tower;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.NoOp;

class StateFileTest {

  private static final MaeConfig CONFIG =
      MaeConfig.preset("mae_vit_tiny_patch16")
          .withGeometry(16, 8, 3)
          .withTowers(new Tower(8, 1, 2), new Tower(4, 1, 1));

  @TempDir Path root;

  private VersionWriter version;

  @BeforeEach
  void begin() throws IOException {
    version = ModelStore.at(root.toUri().toString(), new Configuration()).begin();
  }

  @Test
  void partsBecomeTheParametersThatTheyWere() throws IOException {
    MaeGraph graph = MaeGraph.create(CONFIG, new NoOp(), 0, 5);
    long length = graph.numParams();
    List<Part> parts = List.of(part(graph, 100, length), part(graph, 0, 100)); // in any order
    StateFile.write(version, new StoredState(7, length, 0, parts), graph);
    ModelVersion whole = version.commit();
    assertThat(StateFile.graph(whole, CONFIG).paramsSha256()).isEqualTo(graph.paramsSha256());
    assertThat(StateFile.read(whole).state().iteration()).isEqualTo(7);
  }

  @Test
  void anotherLayoutOfTensorsIsRefused() throws IOException {
    MaeGraph graph = MaeGraph.create(CONFIG, new NoOp(), 0, 5);
    StateFile.write(version, new StoredState(7, graph.numParams(), 0, List.of()), graph);
    MaeConfig other = CONFIG.withTowers(new Tower(4, 1, 2), new Tower(8, 1, 1));
    assertThatThrownBy(() -> StateFile.graph(version.commit(), other))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("its tensors are not laid out as");
  }

  @Test
  void aStateOfAnOlderFormatIsRefusedInASentence() throws IOException {
    version.file("state/graph.zip", out -> out.write(1));
    assertThatThrownBy(() -> StateFile.read(version.commit()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("Cannot read state/graph.zip of")
        .hasMessageContaining("--resume never");
  }

  private Part part(MaeGraph graph, long from, long to) throws IOException {
    INDArray params = graph.params();
    StoredFile file =
        version.file(
            "state/params-" + from + ".f32",
            out -> {
              DataOutputStream data = new DataOutputStream(out);
              for (long i = from; i < to; i++) {
                data.writeInt(
                    Integer.reverseBytes(Float.floatToRawIntBits((float) params.getDouble(i))));
              }
            });
    return new Part(Vector.PARAMS, from, to - from, file);
  }
}
