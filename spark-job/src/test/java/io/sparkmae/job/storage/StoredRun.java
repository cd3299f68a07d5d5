package io.sparkmae.job.storage;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkmae.job.cluster.MaeProcess;
import io.sparkmae.job.cluster.SmallData;
import io.sparkmae.model.file.Safetensors;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/** The way from images to exported weights, all of it below one URI but the export. */
final class StoredRun {

  private final java.nio.file.Path directory;
  private final String root;
  private final Map<String, String> settings;
  private final Configuration hadoop = new Configuration();
  private String master = "local[2]";

  /**
   * A run; the default file system stays the local one.
   *
   * @param directory for what is not stored
   * @param settings of Hadoop that {@code root} needs
   */
  StoredRun(java.nio.file.Path directory, String root, Map<String, String> settings) {
    this.directory = directory;
    this.root = root;
    this.settings = settings;
    settings.forEach(hadoop::set);
  }

  /** The same on another master. */
  StoredRun on(String other) {
    master = other;
    return this;
  }

  /** Runs it, and checks what every command says and leaves. */
  void succeeds() throws Exception {
    SmallData.draw(root + "/images", hadoop);
    JsonNode prepared = mae(SmallData.prepare(root + "/images", root + "/data"));
    assertThat(prepared.get("rows").asInt()).isEqualTo(SmallData.ROWS);
    assertThat(prepared.get("rejects").elements().next().asInt()).isEqualTo(SmallData.REJECTS);

    JsonNode trained = mae(SmallData.pretrain(root + "/data", root + "/model"));
    assertThat(trained.get("params_sha256").asText()).isEqualTo(SmallData.params());
    assertThat(trained.get("images").asInt()).isEqualTo(SmallData.TRAINED);
    assertThat(trained.get("version").asText()).isEqualTo(root + "/model/v000001");
    assertThat(stored("LATEST")).asString(StandardCharsets.UTF_8).isEqualTo("v000001\n");

    JsonNode verified = mae("verify", "--model", root + "/model");
    assertThat(verified.get("versions").toString())
        .isEqualTo("[{\"name\":\"v000001\",\"state\":\"complete\"}]");
    assertThat(verified.get("first_broken_file").isNull()).isTrue();
    exportsWhatIsStored();
  }

  private void exportsWhatIsStored() throws Exception {
    java.nio.file.Path export = directory.resolve("export");
    mae("export", "--model", root + "/model", "--output", export.toString(), "--layout", "timm");
    byte[] weights = Files.readAllBytes(export.resolve("model.safetensors"));
    assertThat(weights).isEqualTo(stored("v000001/encoder/model.safetensors"));
    assertThat(Safetensors.read(new ByteArrayInputStream(weights)).tensors())
        .hasSize(SmallData.ENCODER_TENSORS)
        .containsKey("blocks.1.mlp.fc2.bias");
  }

  private JsonNode mae(String... command) throws Exception {
    MaeProcess mae = MaeProcess.on(master, directory);
    for (Map.Entry<String, String> setting : settings.entrySet()) {
      mae = mae.with("spark.hadoop." + setting.getKey(), setting.getValue());
    }
    return mae.result(command);
  }

  private byte[] stored(String file) throws IOException {
    Path path = new Path(root + "/model/" + file);
    try (InputStream in = path.getFileSystem(hadoop).open(path)) {
      return in.readAllBytes();
    }
  }
}
