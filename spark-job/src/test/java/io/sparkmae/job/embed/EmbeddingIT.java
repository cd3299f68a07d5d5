package io.sparkmae.job.embed;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkmae.data.prepare.PrepareJob;
import io.sparkmae.data.prepare.PrepareSettings;
import io.sparkmae.job.LocalSpark;
import io.sparkmae.job.demo.DemoImages;
import io.sparkmae.job.store.Directory;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Normalisation;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddingIT {

  private static final int ROWS = 33 * 8; // more than a chunk

  @TempDir static Path directory;
  private static SparkSession spark;
  private static String data;

  @BeforeAll
  static void prepare() throws Exception {
    spark = open("local[2]");
    String images = directory.resolve("images").toString();
    data = directory.resolve("data").toString();
    DemoImages.render(Directory.at(images, new Configuration()), ROWS / 8, 0);
    PrepareJob.run(spark, new PrepareSettings(List.of(images), data, "auto", 0, 92, 0));
  }

  private static SparkSession open(String master) {
    return LocalSpark.on(master);
  }

  @AfterAll
  static void stop() {
    spark.stop();
  }

  @Test
  void everyImageIsCroppedOnceAnEpochWhateverRunsAtOnce() {
    List<String> first = crops(1, 0);
    assertThat(first).hasSize(ROWS).doesNotHaveDuplicates();
    assertThat(crops(1, 1)).hasSize(ROWS).doesNotContainAnyElementsOf(first);
    assertThat(crops(2, 0)).isNotEqualTo(first);
    assertThat(keys(crops(1, 1))).containsExactlyInAnyOrderElementsOf(keys(first));
    assertThat(keys(crops(1, 1))).isNotEqualTo(keys(first));
    spark.stop();
    spark = open("local[1]");
    assertThat(crops(1, 0)).isEqualTo(first);
  }

  @Test
  void pixelsAreNormalisedAndTheCentreIsEachTimeTheSame() {
    Embedding pixels = pixels();
    Row row = pixels.features(data).first();
    List<Float> features = row.getList(2);
    assertThat(features).hasSize(32 * 32 * 3);
    assertThat(features.stream().mapToDouble(v -> v).max().orElseThrow()).isBetween(0.5, 2.7);
    assertThat(pixels.features(data).first()).isEqualTo(row);
  }

  private static Embedding pixels() {
    MaeConfig config = MaeConfig.preset("mae_vit_tiny_patch16").withGeometry(32, 8, 3);
    return Embedding.ofPixels(spark, config, Normalisation.IMAGENET, 5);
  }

  /** Key and hash of the features of each row, in order. */
  private static List<String> crops(long seed, int epoch) {
    return new ArrayList<>(
        pixels()
            .crops(data, seed, epoch, 0.08)
            .map(row -> row.getString(0) + " " + Arrays.hashCode((float[]) row.get(2)))
            .collect());
  }

  private static List<String> keys(List<String> crops) {
    return crops.stream().map(crop -> crop.substring(0, crop.indexOf(' '))).toList();
  }
}
