package io.sparkmae.job.train;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkmae.job.Commands;
import io.sparkmae.job.LocalSpark;
import io.sparkmae.job.cluster.SmallData;
import java.nio.file.Path;
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
    String[] settings = {"model.encoder-mask-tokens=true", "checkpoint.rounds=1"};
    String[] pretrain = SmallData.pretrain(at("data"), at("model"), settings);
    version = Commands.result(pretrain).get("version").asText();
    said = Commands.stderr();
  }

  @AfterAll
  static void stopSpark() {
    spark.stop();
  }

  private static String at(String name) {
    return directory.resolve(name).toString();
  }

  @Test
  void itsPicturesAreDrawn() throws Exception {
    assertThat(said).doesNotContain("not drawn");
    JsonNode drawn =
        Commands.result(SmallData.reconstruct(version, at("images"), at("picture.png"), 2));
    assertThat(drawn.get("psnr").asDouble()).isPositive();
  }

  @Test
  void itsEncoderIsExportedAndLooksAtImages() throws Exception {
    Commands.result("export", "--model", version, "--output", at("timm"));
    Commands.result("embed", "--model", version, "--data", at("data"), "--output", at("features"));
  }
}
