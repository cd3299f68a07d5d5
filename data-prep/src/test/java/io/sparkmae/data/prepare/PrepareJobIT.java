package io.sparkmae.data.prepare;

import static io.sparkmae.data.image.TestImages.jpeg;
import static io.sparkmae.data.image.TestImages.png;
import static io.sparkmae.data.image.TestImages.text;
import static io.sparkmae.data.image.TestImages.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkmae.data.EpochPlan;
import io.sparkmae.data.KeyRange;
import io.sparkmae.data.LocalSpark;
import io.sparkmae.data.Manifest;
import io.sparkmae.data.PatchBatch;
import io.sparkmae.data.PatchReader;
import io.sparkmae.data.PreparedData;
import io.sparkmae.data.image.BadData;
import io.sparkmae.data.image.CentreCrop;
import io.sparkmae.data.image.EncodedImage;
import io.sparkmae.data.image.ImageDecoder;
import io.sparkmae.data.image.PixelFormat;
import io.sparkmae.data.image.PixelSums;
import io.sparkmae.data.image.TestImages;
import io.sparkmae.data.image.Undecodable;
import io.sparkmae.data.image.View;
import io.sparkmae.data.layout.OddFiles;
import io.sparkmae.data.storage.ColumnNames;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PrepareJobIT extends Preparations {
  @BeforeEach
  void writeFolders() throws IOException {
    for (int i = 0; i < 60; i++) {
      write(dir.resolve("folder/class%d/%02d.jpg".formatted(i % 3, i)), jpeg(i));
    }
    write(dir.resolve("folder/class1/empty.jpg"), new byte[0]);
    write(dir.resolve("folder/class2/page.jpg"), text("<html>"));
    write(dir.resolve("folder/class2/bomb.jpg"), OddFiles.bytes("18-bomb-60000x60000.jpg"));
  }

  @Test
  void folderBecomesPreparedData() throws IOException {
    PrepareResult result = prepare("out", "folder");

    assertThat(result.rows()).isEqualTo(60);
    assertThat(result.rejects())
        .isEqualTo(Map.of("EMPTY", 1L, "NOT_AN_IMAGE", 1L, "TOO_LARGE", 1L));
    assertThat(result.layout()).isEqualTo("folder");
    PreparedData data = PreparedData.open(dir + "/out", conf);
    assertThat(data.rows()).isEqualTo(60);
    assertThat(data.classes()).containsExactly("class0", "class1", "class2");
    assertThat(data.manifest().files()).hasSize(4);
    assertThat(rejectLines())
        .hasSize(3)
        .anyMatch(l -> l.contains("{\"key\":\"class1/empty.jpg\",\"reason\":\"EMPTY\""));
    assertThat(dir.resolve("out/_attempts")).doesNotExist();
    assertEveryRowIsThere(data);
  }

  @Test
  void sparkReadsTheRows() {
    prepare("out", "folder");

    Dataset<Row> rows = spark.session().read().parquet(dir + "/out/data");

    assertThat(rows.filter("label = 1").count()).isEqualTo(20);
    assertThat(rows.filter("image.path = 'class1/01.jpg'").count()).isEqualTo(1);
    assertThat(rows.select("image.path", "image.bytes", "label").collectAsList())
        .hasSize(60)
        .anySatisfy(
            row -> {
              assertThat(row.getString(0)).isEqualTo("class1/01.jpg");
              assertThat((byte[]) row.get(1)).isEqualTo(jpeg(1));
              assertThat(row.getLong(2)).isEqualTo(1);
            });
  }

  @Test
  void tarsAndParquetGiveTheSameImages() throws IOException {
    for (int shard = 0; shard < 3; shard++) {
      var members = new LinkedHashMap<String, byte[]>();
      for (int i = shard * 10; i < shard * 10 + 10; i++) {
        members.put("%03d.jpg".formatted(i), jpeg(i));
        members.put("%03d.cls".formatted(i), text("" + i % 3));
      }
      TestImages.tar(dir.resolve("tars/train/s%d.tar".formatted(shard)), members);
    }
    TestImages.tar(dir.resolve("tars/test/s0.tar"), Map.of("000.png", png(99)));

    PrepareResult tars = prepare("out", "tars");
    PrepareResult parquet = prepare("again", "out");

    assertThat(tars.rows()).isEqualTo(31);
    assertThat(tars.rejects()).isEmpty();
    assertThat(tars.layout()).isEqualTo("webdataset");
    assertThat(parquet.rows()).isEqualTo(31);
    assertThat(parquet.layout()).isEqualTo("parquet");
    assertThat(images("again")).containsAllEntriesOf(images("out")).hasSize(31);
    assertThat(keys("out")).contains("train/s1.tar/010.jpg", "test/s0.tar/000.png");
  }

  @Test
  void theSameBytesHoweverTheWorkIsDivided() throws IOException {
    prepare("two", "folder");
    spark.close();
    spark = LocalSpark.withTasks(1);
    prepare("one", "folder");
    spark.close();
    spark = LocalSpark.withKryo(2);
    prepare("kryo", "folder");

    assertThat(contents("one")).isEqualTo(contents("two")).isEqualTo(contents("kryo"));
  }

  @Test
  void anotherSeedGivesAnotherOrder() {
    prepare("one", "folder");
    prepare(settings("two", "folder", 0, 2));

    assertThat(keys("two"))
        .containsExactlyInAnyOrderElementsOf(keys("one"))
        .isNotEqualTo(keys("one"));
  }

  @Test
  void aSecondRunIsDoneAtOnce() throws IOException {
    PrepareResult first = prepare("out", "folder");
    Map<String, String> before = contents("out");

    PrepareResult second = prepare("out", "folder");

    assertThat(second.rows()).isEqualTo(first.rows());
    assertThat(second.rejects()).isEqualTo(first.rejects());
    assertThat(second.imagesPerSecond()).isZero();
    assertThat(contents("out")).isEqualTo(before);
    assertThatThrownBy(() -> prepare(settings("out", "folder", 16, 1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageMatching(
            "Cannot prepare into .*out: it holds data prepared otherwise, .*shortSide=0.* \\(name another output, or delete it\\)");
  }

  @Test
  void leftoversOfAKilledRunOfAnotherWayAreCleared() throws IOException {
    prepare("clean", "folder");
    write(dir.resolve("out/_preparing"), text("x"));
    write(dir.resolve("out/data/part-00000-of-00002.parquet"), text("half"));
    write(dir.resolve("out/_attempts/data-part-00001-of-00002.parquet.7"), text("half"));

    prepare("out", "folder");

    assertThat(contents("out")).isEqualTo(contents("clean"));
  }

  @Test
  void imagesOfTheSameBytesAreLeftOutWhenAsked() throws IOException {
    write(dir.resolve("folder/class0/zz.jpg"), jpeg(1)); // class1/01.jpg
    write(dir.resolve("folder/class2/aa.jpg"), jpeg(1));
    PrepareSettings all = settings("all", "folder", 0, 1);
    var settings =
        new PrepareSettings(
            all.inputs(),
            dir + "/out",
            "auto",
            0,
            92,
            1,
            0.5,
            true,
            false,
            KeyRange.ALL,
            ColumnNames.FOUND,
            null,
            PixelFormat.RGB);

    assertThat(prepare(all).rows()).isEqualTo(62);
    PrepareResult result = prepare(settings);

    assertThat(result.rows()).isEqualTo(60);
    assertThat(result.rejects()).containsEntry("DUPLICATE_CONTENT", 2L);
    assertThat(keys("out"))
        .contains("class0/zz.jpg")
        .doesNotContain("class1/01.jpg", "class2/aa.jpg");
    assertThat(rejectLines()).anyMatch(l -> l.contains("its bytes are those of class0/zz.jpg"));
  }

  @Test
  void trainAndValidationShareAllSamples() throws IOException {
    PrepareSettings all = settings("split", "folder", 0, 1);
    PrepareResult train = prepare(all.part("train", new KeyRange(0.25, 1)));
    PrepareResult validation = prepare(all.part("validation", new KeyRange(0, 0.25)));
    prepare("out", "folder");

    assertThat(validation.rows()).isBetween(5L, 25L);
    assertThat(
            Stream.of("split/train", "split/validation")
                .flatMap(part -> keys(part).stream())
                .sorted())
        .containsExactlyElementsOf(keys("out").stream().sorted().toList());
    assertThat(total(train.rejects()) + total(validation.rejects())).isEqualTo(3);
    assertThat(train.met()).isEqualTo(validation.met()).isEqualTo(63);
    assertThat(train.skipped())
        .isEqualTo(Map.of("SPLIT", validation.rows() + total(validation.rejects())));
    List<String> before = keys("split/validation");
    write(dir.resolve("folder/class0/new.jpg"), jpeg(77));
    PrepareSettings more = settings("more", "folder", 0, 1);
    prepare(more.part("validation", new KeyRange(0, 0.25)));
    assertThat(keys("more/validation")).containsAll(before);
  }

  private static long total(Map<String, Long> rejects) {
    return rejects.values().stream().mapToLong(Long::longValue).sum();
  }

  @Test
  void manifestHasMeanAndDeviation() throws Undecodable {
    prepare("out", "folder");
    Manifest manifest = PreparedData.open(dir + "/out", conf).manifest();

    long[] sums = PixelSums.none();
    for (int i = 0; i < 60; i++) {
      PixelSums.add(sums, PixelSums.of(new ImageDecoder().decode(EncodedImage.of(jpeg(i)))));
    }
    assertThat(manifest.mean()).hasSize(3).isEqualTo(PixelSums.mean(sums));
    assertThat(manifest.deviation()).hasSize(3).isEqualTo(PixelSums.deviation(sums));
  }

  @Test
  void shortSideShrinksAndReencodes() {
    prepare(settings("small", "folder", 24, 1));

    PreparedData data = PreparedData.open(dir + "/small", conf);
    assertThat(data.rows()).isEqualTo(60);
    assertThat(images("small").values())
        .allSatisfy(
            bytes -> {
              EncodedImage image = EncodedImage.of(bytes);
              assertThat(Math.min(image.width(), image.height())).isEqualTo(24);
            });
  }

  @Test
  void badInputIsSaidInASentence() throws IOException {
    TestImages.tar(dir.resolve("tars/s.tar"), Map.of("a.jpg", jpeg(1)));
    byte[] tar = Files.readAllBytes(dir.resolve("tars/s.tar"));
    Files.write(dir.resolve("tars/s.tar"), java.util.Arrays.copyOf(tar, 700));
    assertThatThrownBy(() -> prepare("out", "tars"))
        .isInstanceOf(BadData.class)
        .hasMessageMatching("Cannot prepare any of 1 images: \\{DAMAGED=1\\} \\(see .*/rejects\\)");

    write(dir.resolve("bad/a.jpg"), text("<html>"));
    assertThatThrownBy(() -> prepare("out", "bad"))
        .isInstanceOf(BadData.class)
        .hasMessageMatching(
            "Cannot prepare any of 1 images: \\{NOT_AN_IMAGE=1\\} \\(see .*/rejects\\)");

    assertThatThrownBy(() -> prepare("folder/out", "folder"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageMatching("Cannot prepare into .*out: it lies inside input .*");
  }

  private static void assertEveryRowIsThere(PreparedData data) {
    View view = new CentreCrop(32, 8);
    try (var reader = new PatchReader(data, new Configuration())) {
      PatchBatch batch =
          reader.read(EpochPlan.of(data.manifest(), 1, 0).rows(0, data.rows()), view);
      assertThat(batch.keys()).hasSize(60).doesNotHaveDuplicates();
      for (int i = 0; i < batch.size(); i++) {
        assertThat(batch.keys()[i]).startsWith("class" + batch.labels()[i]);
      }
    }
  }

  /** Encoded images by the last part of their key and label. */
  private Map<String, byte[]> images(String output) {
    var images = new TreeMap<String, byte[]>();
    Dataset<Row> rows = spark.session().read().parquet(dir + "/" + output + "/data");
    for (Row row : rows.select("image.path", "image.bytes", "label").collectAsList()) {
      String[] key = row.getString(0).split("/");
      images.put(
          String.join("/", List.of(key).subList(key.length - 2, key.length)) + row.get(2),
          (byte[]) row.get(1));
    }
    return images;
  }

  /** Every file of an output, by name. */
  private Map<String, String> contents(String output) throws IOException {
    Path root = dir.resolve(output);
    var contents = new TreeMap<String, String>();
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        contents.put(
            root.relativize(file).toString(),
            java.util.Arrays.hashCode(Files.readAllBytes(file)) + " " + Files.size(file));
      }
    }
    return contents;
  }
}
