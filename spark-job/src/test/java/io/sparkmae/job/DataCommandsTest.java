package io.sparkmae.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkmae.job.demo.DemoImages;
import io.sparkmae.job.failure.ExitCode;
import io.sparkmae.job.store.Directory;
import io.sparkmae.job.store.Json;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands over data, on drawings of five classes. */
class DataCommandsTest {
  private SparkSession spark;

  @TempDir Path directory;

  @BeforeEach
  void draw() throws Exception {
    DemoImages.render(Directory.at(directory + "/images", new Configuration()), 4, 0);
    spark =
        SparkSession.builder()
            .master("local[2]")
            .config("spark.ui.enabled", "false")
            .config("spark.driver.bindAddress", "127.0.0.1")
            .getOrCreate();
  }

  @AfterEach
  void stop() {
    spark.stop();
  }

  @Test
  void prepareSplitsAndInspectCountsAndDraws() throws Exception {
    JsonNode split =
        run(
            "prepare --input %s/images --output %s/data --validation-share 0.3 --drop-duplicates",
            directory, directory);
    long train = split.at("/train/rows").asLong();
    long validation = split.at("/validation/rows").asLong();
    assertThat(train).isGreaterThan(validation).isPositive();

    JsonNode seen =
        run(
            "inspect --data %s/data/train --output %s/sheet.png --count 5 --augmented --image-size 32",
            directory, directory);

    assertThat(seen.at("/inspection/rows").asLong()).isEqualTo(train);
    long labelled = 0;
    for (JsonNode count : seen.at("/inspection/labels")) {
      labelled += count.asLong();
    }
    assertThat(labelled).isEqualTo(train);
    assertThat(seen.at("/inspection/width/least").asInt()).isPositive();
    assertThat(seen.at("/inspection/mean")).hasSize(3);
    assertThat(seen.get("classes").size()).isGreaterThan(1);
    BufferedImage sheet = ImageIO.read(directory.resolve("sheet.png").toFile());
    assertThat(sheet.getWidth()).isEqualTo(6 + 9 * 102);
    assertThat(sheet.getRGB(6 + 2 * 102 + 48, 6 + 48)).isNotEqualTo(0xffffffff);
  }

  @Test
  void columnsAndClassesAreNamedAndRowsWithoutALabelAreCounted() throws Exception {
    JsonNode drawn = run("prepare --input %s/images --output %s/drawn", directory, directory);
    assertThat(drawn.get("met").asLong())
        .isEqualTo(drawn.get("rows").asLong() + drawn.at("/skipped/OTHER").asLong());
    spark
        .read()
        .parquet(directory + "/drawn/data")
        .selectExpr(
            "struct(image.bytes as pixels) as photo",
            "image.bytes as thumb",
            "image.bytes as depth",
            "case when label = 0 then null when label = 1 then 'one' else 'two' end as kind")
        .coalesce(1)
        .write()
        .parquet(directory + "/foreign");
    Files.writeString(directory.resolve("list.txt"), "zero\none\ntwo\n");

    JsonNode result =
        run(
            "prepare --input %s/foreign --output %s/named --image-column photo.pixels"
                + " --label-column kind --classes %s/list.txt",
            directory, directory, directory);
    JsonNode seen = run("inspect --data %s/named", directory);

    assertThat(result.get("unlabelled").asLong())
        .isPositive()
        .isLessThan(drawn.get("rows").asLong());
    assertThat(result.get("rows")).isEqualTo(drawn.get("rows"));
    assertThat(seen.at("/inspection/unlabelled")).isEqualTo(result.get("unlabelled"));
    assertThat(seen.at("/inspection/met")).isEqualTo(result.get("met"));
    assertThat(seen.get("classes"))
        .extracting(JsonNode::asText)
        .containsExactly("zero", "one", "two");
    assertThat(code("prepare --input %s/foreign --output %s/x", directory, directory))
        .isEqualTo(ExitCode.BAD_DATA); // which of two columns?
    assertThat(
            code(
                "prepare --input %s/images --output %s/x --classes %s/list.txt",
                directory, directory, directory))
        .isEqualTo(ExitCode.BAD_OPTIONS);
    assertThat(
            code("prepare --input %s/images --output %s/x --image-column a", directory, directory))
        .isEqualTo(ExitCode.BAD_OPTIONS);
  }

  @Test
  void benchmarkDataHasARateForEachPart() throws Exception {
    JsonNode result =
        run(
            "benchmark data --data %s/images --image-size 32 --patch-size 4 --threads 2 --passes 2"
                + " --decode-threads 3 --crops-per-image 3",
            directory);

    assertThat(result.get("threads").asInt()).isEqualTo(2);
    assertThat(result.get("decode_threads").asInt()).isEqualTo(3);
    for (String part :
        List.of("images_per_second", "read", "decode", "resample", "patchify", "normalise")) {
      assertThat(result.get(part).asDouble()).as(part).isPositive();
    }
    assertThat(result.get("crops_per_second").asDouble())
        .isEqualTo(3 * result.get("images_per_second").asDouble());
    assertThat(result.get("slowest").asDouble())
        .isLessThanOrEqualTo(result.get("fastest").asDouble());
  }

  private static int code(String command, Object... values) {
    return Mae.run(
        command.formatted(values).split(" "), new PrintStream(OutputStream.nullOutputStream()));
  }

  private JsonNode run(String command, Object... values) throws Exception {
    var out = new ByteArrayOutputStream();
    int code =
        Mae.run(
            command.formatted(values).split(" "),
            new PrintStream(out, true, StandardCharsets.UTF_8));
    assertThat(code).isEqualTo(ExitCode.DONE);
    return Json.parse(out.toString(StandardCharsets.UTF_8), JsonNode.class);
  }
}
