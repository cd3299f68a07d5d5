package io.sparkmae.job.train;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkmae.job.Commands;
import io.sparkmae.job.LocalSpark;
import io.sparkmae.job.cluster.SmallData;
import io.sparkmae.job.run.WholeModel;
import io.sparkmae.job.store.Json;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Tower;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.commons.io.FileUtils;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code pretrain --decoder-attention cross}, and what becomes of such a model. */
class CrossDecoderIT {

  private static final Configuration HADOOP = new Configuration();
  private static final MaeConfig CROSS =
      MaeConfig.preset("mae_vit_tiny_patch16")
          .withGeometry(32, 8, 3)
          .withTowers(new Tower(48, 2, 3), new Tower(32, 2, 4))
          .withCrossDecoder(0.25);

  @TempDir static Path directory;
  private static SparkSession spark;
  private static JsonNode trained;

  @BeforeAll
  static void train() throws Exception {
    spark = LocalSpark.on("local[2]");
    SmallData.draw(at("images"), HADOOP);
    Commands.result(SmallData.prepare(at("images"), at("data")));
    trained = Commands.result(pretrain("cross", "--decoder-attention", "cross"));
  }

  @AfterAll
  static void stopSpark() {
    spark.stop();
  }

  private static String at(String name) {
    return directory.resolve(name).toString();
  }

  private static String[] pretrain(String output, String... more) {
    List<String> arguments = new ArrayList<>();
    arguments.addAll(List.of("pretrain", "--data", at("data"), "--output", at(output)));
    arguments.addAll(List.of("--workers", "2", "--epochs", "3", "--batch-size", "4"));
    arguments.addAll(List.of("--checkpoint-rounds", "1", "--keep-last", "9"));
    arguments.addAll(List.of("--model", "mae_vit_tiny_patch16", "--image-size", "32"));
    arguments.addAll(List.of(more));
    if (List.of(more).contains("cross")) {
      arguments.addAll(List.of("--predict-ratio", "0.25"));
    }
    arguments.addAll(List.of("--set", "model.patch-size=8", "model.embed-dim=48"));
    arguments.addAll(List.of("model.depth=2", "model.num-heads=3", "model.decoder-embed-dim=32"));
    arguments.addAll(List.of("model.decoder-depth=2", "model.decoder-num-heads=4"));
    return arguments.toArray(String[]::new);
  }

  private static JsonNode export(String output, String layout) throws Exception {
    String version = trained.get("version").asText();
    return Commands.result(
        "export", "--model", version, "--output", at(output), "--layout", layout);
  }

  private static JsonNode config(String output) throws Exception {
    return Json.parse(Files.readString(directory.resolve(output + "/config.json")), JsonNode.class);
  }

  @Test
  void aRunGoesOnFromACheckpointToTheSameBits() throws Exception {
    Path copy = directory.resolve("cut");
    FileUtils.copyDirectory(directory.resolve("cross").toFile(), copy.toFile());
    try (Stream<Path> versions = Files.list(copy)) {
      for (Path path : versions.filter(p -> !p.endsWith("v000002")).toList()) {
        FileUtils.forceDelete(path.toFile());
      }
    }
    assertThat(Commands.exitCode(pretrain("cut"))).isNotZero();
    assertThat(Commands.stderr())
        .contains("Cannot resume")
        .contains("model.decoder-attention is cross there and self here")
        .contains("model.predict-ratio is 0.25 there and 0");

    JsonNode resumed = Commands.result(pretrain("cut", "--decoder-attention", "cross"));
    assertThat(Commands.stderr()).contains("going on from");
    assertThat(resumed.get("params_sha256")).isEqualTo(trained.get("params_sha256"));
  }

  @Test
  void theVersionReconstructsEveryRemovedPatch() throws Exception {
    String version = trained.get("version").asText();
    assertThat(WholeModel.of(version, HADOOP).graph().maeConfig()).isEqualTo(CROSS);
    JsonNode drawn =
        Commands.result(SmallData.reconstruct(version, at("images"), at("picture.png"), 2));
    assertThat(drawn.get("psnr").asDouble()).isPositive();
  }

  @Test
  void itsEncoderIsExportedAsAnyOther() throws Exception {
    String[] self = pretrain("self", "--base-lr", "1e-38"); // only for its names
    String version = Commands.result(self).get("version").asText();
    Commands.result("export", "--model", version, "--output", at("timm self"));
    export("timm", "timm");
    assertThat(config("timm").at("/mae/config/decoder_attention").asText()).isEqualTo("CROSS");
    assertThat(config("timm self").at("/mae/config").has("decoder_attention")).isFalse();
    assertThat(config("timm self").at("/mae/config").has("predict_ratio")).isFalse();
    assertThat(Files.size(directory.resolve("timm/model.safetensors")))
        .isEqualTo(Files.size(directory.resolve("timm self/model.safetensors")));

    export("huggingface", "huggingface");
    assertThat(config("huggingface").get("architectures").get(0).asText()).isEqualTo("ViTMAEModel");
    export("zip", "dl4j");
  }

  @Test
  void noLayoutOfOthersHasNamesForItsDecoder() {
    for (String layout : List.of("reference", "huggingface")) {
      String[] command = {
        "export", "--model", at("cross"), "--output", at("no"), "--layout", layout, "--decoder"
      };
      assertThat(Commands.exitCode(command)).isEqualTo(2);
      assertThat(Commands.stderr())
          .contains("Invalid --decoder: " + layout + " has no names for a decoder of cross-");
    }
    String[] init = pretrain("other", "--init", trained.get("version").asText());
    assertThat(Commands.exitCode(init)).isEqualTo(2);
    assertThat(Commands.stderr()).contains("model.decoder-attention is cross there and self here");
  }
}
