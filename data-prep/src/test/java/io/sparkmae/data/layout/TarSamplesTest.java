package io.sparkmae.data.layout;

import static io.sparkmae.data.image.TestImages.jpeg;
import static io.sparkmae.data.image.TestImages.png;
import static io.sparkmae.data.image.TestImages.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.sparkmae.data.image.TestImages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TarSamplesTest {
  private final Map<String, byte[]> members = new LinkedHashMap<>();

  @TempDir Path dir;

  @Test
  void labelComesBeforeOrAfterTheImage() throws IOException {
    members.put("0.jpg", jpeg(0));
    members.put("0.cls", text("7\n"));
    members.put("1.cls", text("8"));
    members.put("1.JPEG", jpeg(1));
    members.put("2.png", png(2));
    members.put("3.json", text("{\"label\": 9, \"width\": 3}"));
    members.put("3.jpeg", jpeg(3));
    members.put("4.json", text("{\"label\": null}"));
    members.put("4.jpeg", jpeg(3));

    assertThat(samples())
        .containsExactly(
            "s.tar/0.jpg 7",
            "s.tar/1.JPEG 8",
            "s.tar/2.png -1",
            "s.tar/3.jpeg 9",
            "s.tar/4.jpeg -1");
  }

  @Test
  void keyEndsAtTheFirstDotOfTheBaseName() throws IOException {
    members.put("v1.0/a.left.jpg", jpeg(0));
    members.put("v1.0/a.cls", text("1"));
    members.put("v1.0/b.jpg", jpeg(1));
    members.put("v1.0/b.cls", text("2"));

    assertThat(samples()).containsExactly("s.tar/v1.0/a.left.jpg 1", "s.tar/v1.0/b.jpg 2");
  }

  @Test
  void metadataIsSkippedAndLongNamesAreKept() throws IOException {
    String name = "x".repeat(120) + "/" + "y".repeat(60);
    members.put("__worker__.json", text("{}"));
    members.put("0.jpg", jpeg(0));
    members.put("__index__", text("{}"));
    members.put(name + ".jpg", jpeg(1));

    assertThat(samples())
        .containsExactlyInAnyOrder(
            "__worker__.json skipped",
            "s.tar/0.jpg -1",
            "__index__ skipped",
            "s.tar/" + name + ".jpg -1");
  }

  @Test
  void anOddLabelCostsNoImage() throws IOException {
    members.put("0.txt", text("a caption"));
    members.put("1.cls", text("cat"));
    members.put("1.jpg", jpeg(1));
    members.put("2.json", text("{"));
    members.put("2.jpg", jpeg(1));
    members.put("3.cls", text("-2"));
    members.put("3.jpg", jpeg(1));

    assertThat(samples())
        .containsExactly(
            "s.tar/0 NO_BYTES no member is an image",
            "s.tar/1.jpg -1",
            "s.tar/2.jpg -1",
            "s.tar/3.jpg -1");
  }

  @Test
  void twoImagesOfOneSampleAreTwoRows() throws IOException {
    members.put("0.jpg", jpeg(0));
    members.put("0.png", png(0));
    members.put("0.cls", text("3"));

    assertThat(samples()).containsExactly("s.tar/0.jpg 3", "s.tar/0.png 3");
  }

  @Test
  void aCutShardLosesItsLastImage() throws IOException {
    members.put("0.jpg", jpeg(0));
    members.put("1.jpg", jpeg(1));
    Path shard = dir.resolve("s.tar");
    TestImages.tar(shard, members);
    int second = 512 + (jpeg(0).length + 511) / 512 * 512;
    Files.write(shard, Arrays.copyOf(Files.readAllBytes(shard), second + 512 + 100));

    assertThat(read())
        .containsExactly(
            "s.tar/0.jpg -1",
            "s.tar@%d DAMAGED %s, byte %d: ends inside 1.jpg, after 100 of %d bytes"
                .formatted(second, shard, second, jpeg(1).length));
  }

  @Test
  void whatIsNoTarIsSaid() throws IOException {
    Files.write(dir.resolve("s.tar"), text("<html>not found</html>".repeat(100)));

    assertThat(read())
        .containsExactly(
            "s.tar@0 DAMAGED %s, byte 0: no tar header here".formatted(dir.resolve("s.tar")));
  }

  private List<String> samples() throws IOException {
    TestImages.tar(dir.resolve("s.tar"), members);
    return read();
  }

  private List<String> read() throws IOException {
    Path file = dir.resolve("s.tar");
    var shard = new SourceFile(file.toString(), "s.tar", Files.size(file));
    var found = new ArrayList<String>();
    try (var tar =
        new TarSamples(
            SourceUnit.of(shard), Layout.IMAGE_EXTENSIONS, Map.of(), new Configuration())) {
      for (List<Sample> next = tar.next(); !next.isEmpty(); next = tar.next()) {
        for (Sample sample : next) {
          found.add(
              sample.key()
                  + " "
                  + (sample.isReject()
                      ? sample.reason() + " " + sample.detail()
                      : sample.skipped() > 0 ? "skipped" : String.valueOf(sample.label())));
        }
      }
    }
    return found;
  }
}
