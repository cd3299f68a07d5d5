package io.sparkmae.data.layout;

import static io.sparkmae.data.image.TestImages.jpeg;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkmae.data.PreparedData;
import io.sparkmae.data.image.BadData;
import io.sparkmae.data.image.RejectReason;
import io.sparkmae.data.storage.ColumnNames;
import io.sparkmae.data.storage.MissingCodec;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.io.api.Binary;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Parquet as others write it: codecs, columns of images, and lists. */
class ForeignParquetTest extends ForeignParquet {

  @ParameterizedTest
  @EnumSource(
      value = CompressionCodecName.class,
      names = {"UNCOMPRESSED", "SNAPPY", "GZIP", "ZSTD", "LZ4_RAW", "LZ4"})
  void everyCodecThatIsHereIsRead(CompressionCodecName codec) throws IOException {
    write(codec, IMAGE + "optional int64 label;", (row, i) -> row.add("label", (long) i));

    assertThat(labels(ColumnNames.FOUND)).containsExactly(0, 1, 2, 3, 4);
  }

  @Test
  void aCodecThatIsNotHereIsOneSentenceForTheFile() throws IOException {
    resource("brotli.parquet");

    assertThatThrownBy(() -> read(ColumnNames.FOUND))
        .isInstanceOf(MissingCodec.class)
        .hasMessageMatching(
            "Cannot read .*/brotli.parquet: it is compressed with BROTLI, for which there is no codec here .*");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "image",
        "img",
        "jpg",
        "jpeg",
        "png",
        "webp",
        "bytes",
        "data",
        "content",
        "photograph"
      })
  void theColumnOfImagesIsFoundByItsName(String name) throws IOException {
    String others = name.equals("photograph") ? "" : "optional binary thumb; ";
    write(
        CompressionCodecName.GZIP,
        "optional binary %s; %soptional binary caption (STRING);".formatted(name, others),
        (row, i) -> {
          if (!others.isEmpty()) {
            row.add("thumb", Binary.fromString("no image"));
          }
        });

    assertThat(read(ColumnNames.FOUND)).hasSize(ROWS).allSatisfy(this::isJpeg);
  }

  @Test
  void severalColumnsOfImagesAskForAName() throws IOException {
    write(
        CompressionCodecName.GZIP,
        "optional binary png; optional binary jpg; optional group depth { optional binary bytes; }",
        (row, i) -> row.addGroup("depth").add("bytes", image(i + 20)));

    assertThatThrownBy(() -> read(ColumnNames.FOUND))
        .isInstanceOf(BadData.class)
        .hasMessageMatching(
            "Cannot read .*/a.parquet: its columns \\[png, jpg\\] may all be the images \\(name one with prepare --image-column\\)");
    assertThat(read(new ColumnNames("depth", null)))
        .extracting(sample -> Arrays.hashCode(sample.bytes()))
        .containsExactly(hashes(20));
    assertThat(read(new ColumnNames("depth.bytes", null))).hasSize(ROWS);
  }

  @Test
  void columnsWithinColumnsAreNamedWithDots() throws IOException {
    write(
        CompressionCodecName.GZIP,
        "optional group sample { optional group view { optional binary pixels; optional binary path (STRING); }"
            + " optional group about { optional int32 kind; } }",
        (row, i) -> {
          Group sample = row.addGroup("sample");
          sample.addGroup("view").append("pixels", image(i)).add("path", i + ".jpg");
          if (i != 3) {
            sample.addGroup("about").add("kind", i);
          }
        });

    List<Sample> samples = read(new ColumnNames("sample.view.pixels", "sample.about.kind"));

    assertThat(samples).extracting(Sample::label).containsExactly(0, 1, 2, -1, 4);
    assertThat(samples).extracting(Sample::key).contains("a.parquet#1/1.jpg");
    assertThat(samples).allSatisfy(this::isJpeg);
  }

  @ParameterizedTest
  @CsvSource({
    "nothing, nothing, there is no column nothing \\(--image-column must name one of struct<image binary.*",
    "caption, none, its column caption is string \\(--image-column must name binary.*",
    "label, none, its column label is int64 \\(--image-column must name binary.*",
    "image, caption.x, there is no column caption.x \\(--label-column must name one of .*",
    "image, tags, 'its column tags is list<int32> \\(--label-column must name one number or text a row, or be none\\)'",
  })
  void whatCannotBeReadIsSaid(String image, String label, String why) throws IOException {
    write(
        CompressionCodecName.GZIP,
        IMAGE
            + "optional binary caption (STRING); optional int64 label;"
            + " optional group tags (LIST) { repeated group list { optional int32 element; } }",
        (row, i) -> row.add("label", (long) i));

    assertThatThrownBy(() -> read(new ColumnNames(image, label)))
        .isInstanceOf(BadData.class)
        .hasMessageMatching("Cannot read .*/a.parquet: " + why);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "optional group image (LIST) { repeated group list { optional binary element; } }",
        "optional group image (LIST) { repeated binary array; }",
        "repeated binary image;"
      })
  void aListOfImagesIsARowEach(String schema) throws IOException {
    write(
        CompressionCodecName.GZIP,
        schema + " optional int32 label;",
        (row, i) -> {
          row.add("label", i);
          for (int k = 0; k < i; k++) {
            list(row, schema, image(10 * i + k));
          }
        });

    List<Sample> samples = read(ColumnNames.FOUND);

    assertThat(samples.stream().filter(Sample::isReject))
        .singleElement()
        .satisfies(reject -> assertThat(reject.key()).isEqualTo("a.parquet#0.0"))
        .satisfies(reject -> assertThat(reject.reason()).isEqualTo(RejectReason.NO_BYTES));
    List<Sample> images = samples.stream().filter(Sample::isImage).toList();
    assertThat(images)
        .extracting(sample -> sample.key() + " " + sample.label())
        .containsExactly(
            "a.parquet#1.0 1",
            "a.parquet#2.0 2",
            "a.parquet#2.1 2",
            "a.parquet#3.0 3",
            "a.parquet#3.1 3",
            "a.parquet#3.2 3",
            "a.parquet#4.0 4",
            "a.parquet#4.1 4",
            "a.parquet#4.2 4",
            "a.parquet#4.3 4");
    assertThat(images.get(9).bytes()).isEqualTo(jpeg(43));
    assertThatThrownBy(() -> PreparedData.open(dir.toString(), conf))
        .isInstanceOf(BadData.class)
        .hasMessageContaining("has lists of images (run prepare");
  }

  private static void list(Group row, String schema, Binary bytes) {
    if (schema.startsWith("repeated")) {
      row.add("image", bytes);
      return;
    }
    Group list =
        row.getFieldRepetitionCount("image") == 0
            ? row.addGroup("image")
            : row.getGroup("image", 0);
    if (schema.contains("array")) {
      list.add("array", bytes);
    } else {
      list.addGroup("list").add("element", bytes);
    }
  }

  /** Files of pyarrow 2x, of which {@code parquet-hadoop} writes no like. */
  @Test
  void filesOfPyarrow() throws IOException {
    resource("large-dictionary-lz4.parquet");
    LayoutChoice words = choice(ColumnNames.FOUND);
    assertThat(read(words.withClasses(List.of("auk", "cat", "dog"))))
        .allSatisfy(this::isJpeg)
        .extracting(sample -> sample.key() + " " + sample.label())
        .containsExactly(
            "large-dictionary-lz4.parquet#0/0.jpg 2",
            "large-dictionary-lz4.parquet#1/1.jpg 1",
            "large-dictionary-lz4.parquet#2/2.jpg 2",
            "large-dictionary-lz4.parquet#3/3.jpg 0");
    Files.delete(dir.resolve("large-dictionary-lz4.parquet"));

    resource("list-of-binary-zstd.parquet");
    assertThat(read(ColumnNames.FOUND)).allSatisfy(this::isJpeg);
    assertThat(labels(ColumnNames.FOUND)).containsExactly(3, 3, -1, -1);
    Files.delete(dir.resolve("list-of-binary-zstd.parquet"));

    resource("list-of-structs-gzip.parquet");
    assertThat(read(ColumnNames.FOUND))
        .extracting(sample -> sample.key() + " " + sample.label() + " " + sample.reason())
        .containsExactly(
            "list-of-structs-gzip.parquet#0.0/0.jpg 1 null",
            "list-of-structs-gzip.parquet#1.0 -1 NO_BYTES",
            "list-of-structs-gzip.parquet#2.0/1.jpg -1 null",
            "list-of-structs-gzip.parquet#2.1/2.jpg -1 null",
            "list-of-structs-gzip.parquet#2.2/3.jpg -1 null");
  }
}
