package io.sparkmae.data.layout;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkmae.data.storage.ColumnNames;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Labels of Parquet as others write them. */
class ForeignLabelsTest extends ForeignParquet {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "int32 label (INTEGER(8,true))",
        "int32 label (INTEGER(8,false))",
        "int32 label (INTEGER(16,true))",
        "int32 label (INTEGER(32,false))",
        "int64 label (INTEGER(64,false))",
        "int64 cls",
        "int32 labels",
        "float label",
        "double class",
        "binary label (STRING)",
        "binary label (ENUM)",
        "binary label"
      })
  void aLabelIsAnyNumberOrText(String column) throws IOException {
    String[] words = column.split(" ");
    write(
        CompressionCodecName.GZIP,
        IMAGE + "optional " + column + ";",
        (row, i) -> {
          switch (words[0]) {
            case "int32" -> row.add(words[1], i);
            case "int64" -> row.add(words[1], (long) i);
            case "float" -> row.add(words[1], (float) i);
            case "double" -> row.add(words[1], (double) i);
            default -> row.add(words[1], "" + i);
          }
        });
    var named = new ColumnNames("image", words[1]);

    assertThat(labels(named)).containsExactly(0, 1, 2, 3, 4);
    assertThat(labels(new ColumnNames("image", "none"))).containsOnly(-1);
    if (!column.equals("binary label")) {
      assertThat(labels(ColumnNames.FOUND)).containsExactly(0, 1, 2, 3, 4);
    }
  }

  @Test
  void anOddLabelIsNoneAndCostsNoImage() throws IOException {
    double[] odd = {2.5, Double.NaN, -1, 1e12, 3};
    write(
        CompressionCodecName.GZIP,
        IMAGE + "optional double label;",
        (r, i) -> r.add("label", odd[i]));
    assertThat(labels(ColumnNames.FOUND)).containsExactly(-1, -1, -1, -1, 3);

    long[] far = {1L << 40, -7, Long.MIN_VALUE, 1L << 31, Integer.MAX_VALUE};
    write(
        CompressionCodecName.GZIP,
        IMAGE + "optional int64 label;",
        (r, i) -> r.add("label", far[i]));
    assertThat(labels(ColumnNames.FOUND)).containsExactly(-1, -1, -1, -1, Integer.MAX_VALUE);

    write(
        CompressionCodecName.GZIP,
        IMAGE + "optional int32 label (INTEGER(32,false));",
        (row, i) -> {
          if (i > 0) {
            row.add("label", i == 1 ? -1 : i); // 2³² − 1 without its sign
          }
        });
    assertThat(labels(ColumnNames.FOUND)).containsExactly(-1, -1, 2, 3, 4);
  }

  @Test
  void aListOfLabelsCostsNoImage() throws IOException {
    write(
        CompressionCodecName.GZIP,
        IMAGE + "optional group labels (LIST) { repeated group list { optional int32 element; } }",
        (row, i) -> row.addGroup("labels").addGroup("list").add("element", i));

    assertThat(labels(ColumnNames.FOUND)).containsExactly(-1, -1, -1, -1, -1);
  }

  @Test
  void wordsAreClassesByName() throws IOException {
    List<String> words = List.of("dog", "cat", "dog", "7", "");
    write(
        CompressionCodecName.ZSTD,
        IMAGE + "optional binary label (STRING);",
        (row, i) -> row.add("label", words.get(i)));
    LayoutChoice choice = choice(ColumnNames.FOUND);
    Set<String> found = new TreeSet<>();
    for (SourceUnit unit : choice.layout().units(choice.inputs())) {
      found.addAll(choice.layout().words(unit, Integer.MAX_VALUE, conf));
    }

    assertThat(found).containsExactly("cat", "dog");
    assertThat(read(choice.withClasses(List.copyOf(found))))
        .extracting(Sample::label)
        .containsExactly(1, 0, 1, 7, -1);
  }

  @Test
  void namesOfHuggingFacesClassLabelAreThoseOfTheLabelsColumn() throws IOException {
    String features =
        "{\"info\": {\"features\": {\"fine\": {\"names\": [\"a\", \"b\"], \"_type\": \"ClassLabel\"}}}}";
    write(
        CompressionCodecName.GZIP,
        IMAGE + "optional int64 fine;",
        (row, i) -> row.add("fine", (long) i % 2),
        Map.of("huggingface", features));

    LayoutChoice choice = choice(new ColumnNames(null, "fine"));
    assertThat(choice.layout().classes(choice.inputs(), conf)).containsExactly("a", "b");
    LayoutChoice without = choice(ColumnNames.FOUND);
    assertThat(without.layout().classes(without.inputs(), conf)).isEmpty();
  }
}
