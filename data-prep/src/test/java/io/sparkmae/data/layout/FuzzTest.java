package io.sparkmae.data.layout;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkmae.data.image.Mutation;
import io.sparkmae.data.prepare.PrepareSettings;
import io.sparkmae.data.prepare.Screening;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ten thousand files, mutated from a seed: each ends in images and rejects, soon, in this heap. */
class FuzzTest {
  private static final int IMAGES = 6000;
  private static final int SHARDS = 2000; // of each kind
  private static final Duration LIMIT = Duration.ofMinutes(3);

  private final Configuration conf = new Configuration();

  @TempDir Path dir;

  @Test
  void mutatedImagesAreKeptOrRefused() {
    List<byte[]> originals =
        Stream.of(
                "01-baseline-420.jpg",
                "02-cmyk-adobe.jpg",
                "04-gray.jpg",
                "09-progressive.jpg",
                "25-gray-with-rgb-icc.jpg",
                "13-palette-alpha.png",
                "14-png-rgb16.png",
                "16-rgba.png")
            .map(OddFiles::bytes)
            .toList();
    var outcomes = new int[2];
    Assertions.assertTimeoutPreemptively(
        LIMIT,
        () -> {
          try (var screening =
              new Screening(new PrepareSettings(List.of("in"), "out", "auto", 64, 92, 0))) {
            for (int i = 0; i < IMAGES; i++) {
              byte[] mutated = Mutation.of(originals.get(i % originals.size()), i);
              Sample screened = screening.screen(Sample.image("image " + i, mutated, 0));
              assertThat(screened.isImage()).isNotEqualTo(screened.isReject());
              outcomes[screened.isImage() ? 0 : 1]++;
            }
          }
        });
    assertThat(outcomes[0]).isGreaterThan(IMAGES / 20);
    assertThat(outcomes[1]).isGreaterThan(IMAGES / 20);
  }

  @Test
  void mutatedTarsLoseOnlySomeImages() throws IOException {
    LayoutWriter.WEBDATASET.write(dir, LayoutWriter.images(12));
    readMutations(Files.readAllBytes(dir.resolve("a.tar")), new WebDatasetLayout(), "m.tar", 6);
  }

  @Test
  void mutatedRecordsLoseOnlySomeImages() throws IOException {
    var out = new ByteArrayOutputStream();
    for (LayoutWriter.Labelled image : LayoutWriter.images(6)) {
      LayoutWriter.record(
          out, LayoutWriter.example(Map.of("image", image.bytes(), "label", (long) image.label())));
    }
    readMutations(out.toByteArray(), new TfRecordLayout(), "m.tfrecord", 6);
  }

  private void readMutations(byte[] original, Layout layout, String name, int images)
      throws IOException {
    Path file = dir.resolve(name);
    var kept = new int[1];
    for (int i = 0; i < SHARDS; i++) {
      byte[] mutated = Mutation.of(original, i);
      Files.write(file, mutated);
      List<Sample> samples =
          Assertions.assertTimeoutPreemptively(
              Duration.ofSeconds(20),
              () -> read(layout, new SourceFile(file.toString(), name, mutated.length)));
      assertThat(samples).as("mutation %d", i).isNotEmpty();
      kept[0] += (int) samples.stream().filter(Sample::isImage).count();
    }
    assertThat(kept[0]).isGreaterThan(SHARDS * images / 2);
  }

  private List<Sample> read(Layout layout, SourceFile file) {
    var samples = new ArrayList<Sample>();
    for (SourceUnit unit : SourceUnit.ranges(List.of(file), 3000)) {
      try (Stream<Sample> stream = layout.read(unit, conf)) {
        stream.forEach(samples::add);
      }
    }
    return samples;
  }
}
