package io.sparkmae.job.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClusterIT {

  private static final String TWO_EXECUTORS = "local-cluster[2,1,1024]";

  @TempDir static Path directory;

  @BeforeAll
  static void draw() throws Exception {
    SmallData.draw(at("images"), new Configuration());
  }

  @Test
  void executorsOfTheirOwnTrainTheSameModelAndRelativePathsAreTheDrivers() throws Exception {
    MaeProcess mae = MaeProcess.on(TWO_EXECUTORS, directory);
    assertThat(params(mae, "images", "relative")).isEqualTo(SmallData.params());
    assertThat(directory.resolve("relative/data/manifest.json")).exists();
    assertThat(directory.resolve("relative/model/LATEST")).hasContent("v000001");
  }

  @Test
  void workersOfAStandaloneMasterTrainTheSameModel() throws Exception {
    try (StandaloneCluster cluster = new StandaloneCluster(directory)) {
      MaeProcess mae = MaeProcess.on(cluster.master(), directory);
      assertThat(params(mae, at("images"), at("standalone"))).isEqualTo(SmallData.params());
      assertThat(cluster.executors()).allSatisfy(count -> assertThat(count).isPositive());
    }
  }

  @Test
  void kryoTrainsTheSameModel() throws Exception {
    MaeProcess mae =
        MaeProcess.on(TWO_EXECUTORS, directory)
            .with("spark.serializer", "org.apache.spark.serializer.KryoSerializer");
    assertThat(paramsOf(mae, SmallData.prepared(), at("kryo"))).isEqualTo(SmallData.params());
  }

  /** Prepares the images and trains on them, both below {@code output}; the hash of the weights. */
  private static String params(MaeProcess mae, String images, String output) throws Exception {
    JsonNode prepared = mae.result(SmallData.prepare(images, output + "/data"));
    assertThat(prepared.get("rows").asInt()).isEqualTo(SmallData.ROWS);
    assertThat(prepared.get("rejects")).hasSize(1);
    assertThat(prepared.get("rejects").elements().next().asInt()).isEqualTo(SmallData.REJECTS);
    return paramsOf(mae, output + "/data", output + "/model");
  }

  private static String paramsOf(MaeProcess mae, String data, String model) throws Exception {
    JsonNode trained = mae.result(SmallData.pretrain(data, model));
    assertThat(trained.get("images").asInt()).isEqualTo(SmallData.TRAINED);
    return trained.get("params_sha256").asText();
  }

  private static String at(String name) {
    return directory.resolve(name).toString();
  }
}
