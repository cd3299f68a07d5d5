package io.sparkmae.job.train;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkmae.job.Commands;
import io.sparkmae.job.LocalSpark;
import io.sparkmae.job.cluster.SmallData;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code model.encoder-mask-tokens=true}: training, its pictures, and the commands after it. */
class EncoderMaskTokensIT {

  @TempDir static Path directory;
  private static SparkSession spark;
  private static String version;
  private static String said;

  @BeforeAll
  static void train() throws Exception {
    spark = LocalSpark.on("local[2]");
    SmallData.draw(at("images"), new Configuration());
    Commands.result(SmallData.prepare(at("images"), at("data")));
    version = Commands.result(pretrain()).get("version").asText();
    said = Commands.stderr();
  }

  @AfterAll
  static void stopSpark() {
    spark.stop();
  }

  private static String at(String name) {
    return directory.resolve(name).toString();
  }

  private static String[] pretrain() {
    List<String> arguments = new ArrayList<>();
    arguments.addAll(List.of("pretrain", "--data", at("data"), "--output", at("model")));
    arguments.addAll(List.of("--epochs", "2", "--batch-size", "4", "--checkpoint-rounds", "1"));
    arguments.addAll(List.of("--model", "mae_vit_tiny_patch16", "--image-size", "32", "--set"));
    arguments.addAll(List.of("model.encoder-mask-tokens=true", "model.patch-size=8"));
    arguments.addAll(List.of("model.embed-dim=48", "model.depth=2", "model.num-heads=3"));
    arguments.addAll(List.of("model.decoder-embed-dim=32", "model.decoder-depth=2"));
    return arguments.toArray(String[]::new);
  }

  @Test
  void itsPicturesAreDrawn() throws Exception {
    assertThat(said).doesNotContain("not drawn");
    JsonNode drawn =
        Commands.result(
            "reconstruct",
            "--model",
            version,
            "--images",
            at("images"),
            "--output",
            at("picture.png"),
            "--count",
            "2");
    assertThat(drawn.get("psnr").asDouble()).isPositive();
  }

  @Test
  void itsEncoderIsExportedAndLooksAtImages() throws Exception {
    Commands.result("export", "--model", version, "--output", at("timm"));
    Commands.result("embed", "--model", version, "--data", at("data"), "--output", at("features"));
  }
}
