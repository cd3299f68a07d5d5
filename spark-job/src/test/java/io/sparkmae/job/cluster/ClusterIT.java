package io.sparkmae.job.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Executors of their own, with the serializer that sites choose, and a driver with a directory. */
class ClusterIT {

  @TempDir Path directory;

  @Test
  void executorsTrainTheSameModelWithKryoAndRelativePathsAreTheDrivers() throws Exception {
    SmallData.draw(directory.resolve("images").toString(), new Configuration());
    MaeProcess mae =
        MaeProcess.on("local-cluster[2,1,1024]", directory)
            .with("spark.serializer", "org.apache.spark.serializer.KryoSerializer");

    JsonNode prepared = mae.result(SmallData.prepare("images", "relative/data"));
    assertThat(prepared.get("rows").asInt()).isEqualTo(SmallData.ROWS);
    assertThat(prepared.get("rejects")).hasSize(1);
    assertThat(prepared.get("rejects").elements().next().asInt()).isEqualTo(SmallData.REJECTS);
    JsonNode trained = mae.result(SmallData.pretrain("relative/data", "relative/model"));
    assertThat(trained.get("images").asInt()).isEqualTo(SmallData.TRAINED);

    assertThat(trained.get("params_sha256").asText()).isEqualTo(SmallData.params());
    assertThat(directory.resolve("relative/data/manifest.json")).exists();
    assertThat(directory.resolve("relative/model/LATEST")).hasContent("v000001");
  }
}
