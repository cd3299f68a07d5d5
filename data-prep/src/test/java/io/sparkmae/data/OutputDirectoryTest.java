package io.sparkmae.data;

import static io.sparkmae.data.image.TestImages.text;
import static io.sparkmae.data.image.TestImages.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkmae.data.image.BadData;
import java.io.IOException;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutputDirectoryTest {
  private final Configuration conf = new Configuration();
  private OutputDirectory output;

  @TempDir Path dir;

  @BeforeEach
  void open() {
    output = new OutputDirectory(dir.resolve("out").toString(), conf);
  }

  @Test
  void clearsWhatAnUnfinishedRunOfAnotherWayLeft() throws IOException {
    output.begin("one way", 9);
    output.publish("old", "data/part-00007-of-00009.parquet", 1);
    output.publish("{}", OutputDirectory.doneName(7), 1);
    write(dir.resolve("out/_attempts/data-part-00000-of-00009.parquet.3"), text("half"));

    assertThat(output.begin("another way", 9)).isEmpty();

    assertThat(dir.resolve("out/data")).doesNotExist();
    assertThat(dir.resolve("out/_attempts")).doesNotExist();
    assertThat(OutputDirectory.isUnfinished(dir + "/out", conf)).isTrue();
  }

  @Test
  void keepsThePartsThatAnUnfinishedRunOfThisWayFinished() throws IOException {
    output.begin("one way", 9);
    output.publish("old", "data/part-00007-of-00009.parquet", 1);
    output.publish("{}", OutputDirectory.doneName(7), 1);

    assertThat(output.begin("one way", 9)).isEqualTo(java.util.Map.of(7, "{}"));

    assertThat(dir.resolve("out/data/part-00007-of-00009.parquet")).hasContent("old");
  }

  @Test
  void touchesNothingThatIsNotOurs() throws IOException {
    write(dir.resolve("out/data/train-00000-of-00001.parquet"), text("precious"));
    assertThatThrownBy(() -> output.begin("one way", 9))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageMatching(
            "Cannot prepare into .*out: it holds files of something else \\(name a new or empty directory\\)");
    assertThat(dir.resolve("out/data/train-00000-of-00001.parquet")).exists();
  }

  @Test
  void dataIsVisibleOnlyWhenFinished() throws IOException {
    output.begin("one way", 9);
    assertThat(output.finished()).isEmpty();
    assertThatThrownBy(() -> PreparedData.open(dir + "/out", conf))
        .isInstanceOf(BadData.class)
        .hasMessageMatching(
            "Cannot open .*out: its preparation was not finished \\(run prepare again\\)");

    Manifest manifest = EpochPlanTest.manifest(5, 2, 10);
    output.finish(manifest);

    assertThat(output.finished()).contains(manifest);
    assertThat(PreparedData.open(dir + "/out", conf).manifest()).isEqualTo(manifest);
    assertThat(dir.resolve("out/_preparing")).doesNotExist();
  }

  @Test
  void theFirstWholeAttemptStays() throws IOException {
    output.begin("one way", 9);
    output.publish("rows", "data/x", 1);
    output.publish("rows", "data/x", 2);
    assertThat(dir.resolve("out/data/x")).hasContent("rows");
    assertThat(dir.resolve("out/_attempts/data-x.2")).doesNotExist();
  }
}
