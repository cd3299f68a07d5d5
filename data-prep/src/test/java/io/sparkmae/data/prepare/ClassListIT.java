package io.sparkmae.data.prepare;

import static io.sparkmae.data.image.TestImages.jpeg;
import static io.sparkmae.data.image.TestImages.text;
import static io.sparkmae.data.image.TestImages.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkmae.data.PreparedData;
import io.sparkmae.data.image.BadData;
import io.sparkmae.data.image.TestImages;
import io.sparkmae.data.layout.LayoutWriter;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** One list of classes for several data sets, whatever layout they have. */
class ClassListIT extends Preparations {

  @Test
  void aTestFolderTakesTheLabelsOfTheTrainingFolder() throws IOException {
    folder("train", "apple", "banana", "cherry", "damson");
    folder("test", "damson", "apple", "cherry");
    prepare("train-data", "train");

    prepare(withClasses(settings("by-data", "test", 0, 1), dir + "/train-data"));
    prepare(withClasses(settings("by-manifest", "test", 0, 1), dir + "/train-data/manifest.json"));
    write(dir.resolve("list.txt"), text("apple\nbanana\r\n\ncherry\n damson \n"));
    prepare(withClasses(settings("by-text", "test", 0, 1), dir + "/list.txt"));

    for (String output : List.of("by-data", "by-manifest", "by-text")) {
      assertThat(labels(output))
          .isEqualTo(Map.of("apple/0.jpg", 0L, "cherry/0.jpg", 2L, "damson/0.jpg", 3L));
      assertThat(PreparedData.open(dir + "/" + output, conf).classes())
          .containsExactly("apple", "banana", "cherry", "damson");
    }
    assertThat(
            prepare(withClasses(settings("by-text", "test", 0, 1), dir + "/train-data"))
                .imagesPerSecond())
        .isZero();
    assertThatThrownBy(() -> prepare("by-text", "test"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("it holds data prepared otherwise");
  }

  @Test
  void aClassThatTheListLacksIsRefused() throws IOException {
    folder("in", "a", "b", "c", "d", "e", "f", "g");
    write(dir.resolve("list.txt"), text("a\n"));

    assertThatThrownBy(() -> prepare(withClasses(settings("out", "in", 0, 1), dir + "/list.txt")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageMatching(
            "Cannot use the classes of .*/list.txt: the input has 6 that are not among its 1, b, c, d, e, f, … \\(.*\\)");
    write(dir.resolve("twice.txt"), text("a\nb\na\n"));
    assertThatThrownBy(() -> prepare(withClasses(settings("out", "in", 0, 1), dir + "/twice.txt")))
        .isInstanceOf(BadData.class)
        .hasMessageContaining("a is there twice");
    write(dir.resolve("none.txt"), text("\n"));
    assertThatThrownBy(() -> prepare(withClasses(settings("out", "in", 0, 1), dir + "/none.txt")))
        .isInstanceOf(BadData.class)
        .hasMessageContaining("it has none");
    assertThatThrownBy(() -> prepare(withClasses(settings("out", "in", 0, 1), dir + "/nowhere")))
        .isInstanceOf(BadData.class)
        .hasMessageMatching("Cannot find classes: .*/nowhere \\(name .*");
  }

  /** Labels that are numbers count in the list; those of classes with names are matched by name. */
  @ParameterizedTest
  @EnumSource
  void everyLayoutTakesAList(LayoutWriter layout) throws IOException {
    Files.createDirectories(dir.resolve("in"));
    layout.write(dir.resolve("in"), LayoutWriter.images(12));
    write(dir.resolve("list.txt"), text("n00000003\nn00000002\nn00000001\nn00000009\n"));

    prepare("own", "in");
    PrepareResult result = prepare(withClasses(settings("out", "in", 0, 1), dir + "/list.txt"));

    boolean named = !PreparedData.open(dir + "/own", conf).classes().isEmpty();
    Map<String, Long> own = labels("own");
    own.replaceAll((key, label) -> named ? 2 - label : label);
    assertThat(labels("out")).isEqualTo(own);
    assertThat(result.unlabelled()).isZero();
    write(dir.resolve("short.txt"), text("n00000001\nn00000002\n"));
    if (!named) {
      assertThat(
              prepare(withClasses(settings("short", "in", 0, 1), dir + "/short.txt")).unlabelled())
          .isEqualTo(4);
    }
  }

  @Test
  void wordsTakeAList() throws IOException {
    var members = new LinkedHashMap<String, byte[]>();
    for (int i = 0; i < 6; i++) {
      members.put(i + ".jpg", jpeg(i));
      members.put(i + ".cls", text(List.of("dog", "cat", "2.5").get(i % 3)));
    }
    TestImages.tar(dir.resolve("tars/s.tar"), members);
    Files.createDirectories(dir.resolve("parquet"));
    try (InputStream in = getClass().getResourceAsStream("/parquet/large-dictionary-lz4.parquet")) {
      Files.copy(in, dir.resolve("parquet/a.parquet"));
    }
    write(dir.resolve("list.txt"), text("zebra\ndog\ncat\nauk\n"));

    PrepareResult tars = prepare(withClasses(settings("out", "tars", 0, 1), dir + "/list.txt"));
    prepare(withClasses(settings("rows", "parquet", 0, 1), dir + "/list.txt"));
    prepare("own", "parquet");

    assertThat(labels("out").values()).containsExactly(1L, 2L, -1L, 1L, 2L, -1L);
    assertThat(tars.unlabelled()).isEqualTo(2);
    assertThat(labels("rows").values()).containsExactly(1L, 2L, 1L, 3L);
    assertThat(labels("own").values()).containsExactly(2L, 1L, 2L, 0L);
    assertThat(PreparedData.open(dir + "/own", conf).classes())
        .containsExactly("auk", "cat", "dog");
  }

  private void folder(String name, String... classes) throws IOException {
    for (String one : classes) {
      write(dir.resolve("%s/%s/0.jpg".formatted(name, one)), jpeg(one.hashCode() & 31));
    }
  }
}
