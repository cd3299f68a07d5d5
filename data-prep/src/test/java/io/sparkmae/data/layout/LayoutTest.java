package io.sparkmae.data.layout;

import static io.sparkmae.data.image.TestImages.jpeg;
import static io.sparkmae.data.image.TestImages.png;
import static io.sparkmae.data.image.TestImages.text;
import static io.sparkmae.data.image.TestImages.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkmae.data.image.BadData;
import io.sparkmae.data.image.TestImages;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LayoutTest {
  private final Configuration conf = new Configuration();

  @TempDir Path dir;

  @Test
  void classDirectoriesAreRankedByName() throws IOException {
    write(dir.resolve("n02/b.JPEG"), jpeg(1));
    write(dir.resolve("n01/a.jpg"), jpeg(2));
    write(dir.resolve("n03/images/c.png"), png(3));
    write(dir.resolve("notes.txt"), text("no image"));
    write(dir.resolve(".hidden/d.jpg"), jpeg(4));
    write(dir.resolve("n01/.e.jpg"), jpeg(5));

    assertThat(keysAndLabels("auto", dir))
        .containsExactly("n01/a.jpg 0", "n02/b.JPEG 1", "n03/images/c.png 2");
    assertThat(choose("auto", dir).layout().classes(choose("auto", dir).inputs(), conf))
        .containsExactly("n01", "n02", "n03");
  }

  @Test
  void splitsAreNoClasses() throws IOException {
    write(dir.resolve("train/n02/b.jpg"), jpeg(1));
    write(dir.resolve("val/n01/a.jpg"), jpeg(2));

    assertThat(keysAndLabels("folder", dir))
        .containsExactly("train/n02/b.jpg 1", "val/n01/a.jpg 0");
    assertThat(keysAndLabels("folder", dir.resolve("train"), dir.resolve("val")))
        .containsExactly("train/n02/b.jpg 1", "val/n01/a.jpg 0");
  }

  @Test
  void flatFolderHasNoLabels() throws IOException {
    write(dir.resolve("b.jpg"), jpeg(1));
    write(dir.resolve("a.jpg"), jpeg(2));

    assertThat(keysAndLabels("auto", dir)).containsExactly("a.jpg -1", "b.jpg -1");
    assertThat(keysAndLabels("auto", dir.resolve("b.jpg"))).containsExactly("b.jpg -1");
    assertThat(keysAndLabels("auto", dir.resolve("{a,b}.jpg"))).hasSize(2);
  }

  @Test
  void inputsOfOneNameKeepTheirKeysApart() throws IOException {
    write(dir.resolve("one/set/a.jpg"), jpeg(1));
    write(dir.resolve("two/set/a.jpg"), jpeg(2));

    assertThat(keysAndLabels("auto", dir.resolve("one/set"), dir.resolve("two/set")))
        .containsExactly("set-2/a.jpg -1", "set/a.jpg -1");
    assertThat(keysAndLabels("auto", dir.resolve("one/set"), dir.resolve("one/set")))
        .containsExactly("a.jpg -1");
  }

  @Test
  void classNamesLieBesideTheShardsOrAbove() throws IOException {
    TestImages.tar(dir.resolve("set/train/s.tar"), Map.of("a.jpg", jpeg(1)));
    write(
        dir.resolve("set/classes.json"),
        text(
            "[{\"label\": 2, \"name\": \"dog\", \"wnid\": \"n2\"}, {\"label\": 0, \"name\": \"cat\"}]"));
    LayoutChoice choice = choose("auto", dir.resolve("set/train"));

    assertThat(choice.layout().classes(choice.inputs(), conf)).containsExactly("cat", "", "dog");
  }

  @Test
  void saysWhyALayoutWasRecognised() throws IOException {
    TestImages.tar(dir.resolve("s.tar"), Map.of("a.jpg", jpeg(1)));
    write(dir.resolve("index.tsv"), text("x"));

    assertThat(choose("auto", dir).why()).isEqualTo("the names of 1 of 2 files say so");
  }

  @Test
  void refusesWhatItCannotTell() throws IOException {
    assertThatThrownBy(() -> choose("lmdb", dir))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "Invalid layout: lmdb (must be auto, folder, webdataset, imagenet-tar, tfrecord, sequencefile, parquet)");
    assertThatThrownBy(() -> choose("auto", dir.resolve("nowhere")))
        .isInstanceOf(BadData.class)
        .hasMessageMatching(
            "Cannot find input: .*nowhere \\(name a file, a directory or a pattern that exists\\)");
    assertThatThrownBy(() -> choose("auto", dir))
        .isInstanceOf(BadData.class)
        .hasMessageContaining("Cannot find images in [%s]: none of 0 files", dir);
    write(dir.resolve("a.jpg"), jpeg(1));
    assertThatThrownBy(() -> choose("webdataset", dir))
        .isInstanceOf(BadData.class)
        .hasMessageContaining("none of 1 files is of layout webdataset");
    write(dir.resolve("b.parquet"), text("x"));
    assertThatThrownBy(() -> choose("auto", dir))
        .isInstanceOf(BadData.class)
        .hasMessageContaining("files by layout are {folder=1, parquet=1} (name the layout)");
  }

  @Test
  void firstImagesComeFromWhereverTheyLie() throws IOException {
    write(dir.resolve("folder/c/a.jpg"), jpeg(1));
    write(dir.resolve("folder/c/b.jpg"), jpeg(2));

    List<SourceImage> images = SourceImages.first(List.of(dir + "/folder"), "auto", 1, conf);

    assertThat(images)
        .singleElement()
        .satisfies(image -> assertThat(image.bytes()).isEqualTo(jpeg(1)));
    assertThat(SourceImages.first(List.of(dir + "/folder/c/b.jpg"), "auto", 9, conf)).hasSize(1);
  }

  private LayoutChoice choose(String name, Path... inputs) {
    List<String> uris = Stream.of(inputs).map(Path::toString).toList();
    return LayoutChoice.of(name, Inputs.list(uris, conf), conf);
  }

  private List<String> keysAndLabels(String name, Path... inputs) {
    LayoutChoice choice = choose(name, inputs);
    var found = new ArrayList<String>();
    for (SourceUnit unit : choice.layout().units(choice.inputs())) {
      try (Stream<Sample> samples = choice.layout().read(unit, conf)) {
        samples.forEach(sample -> found.add(sample.key() + " " + sample.label()));
      }
    }
    return found;
  }
}
