package io.sparkmae.data.layout;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkmae.data.image.SampleSeed;
import io.sparkmae.data.image.SampleSeed.Draws;
import io.sparkmae.data.prepare.PrepareSettings;
import io.sparkmae.data.prepare.Screening;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
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
              byte[] mutated = mutate(originals.get(i % originals.size()), i);
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
      byte[] mutated = mutate(original, i);
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

  /** Flips, runs, cuts and insertions; half of them near the beginning, where the headers are. */
  private static byte[] mutate(byte[] original, int number) {
    Draws draws = SampleSeed.stream(number, 9);
    byte[] bytes = original.clone();
    for (int n = 1 + draws.below(8); n > 0; n--) {
      int range = draws.below(2) == 0 ? bytes.length : Math.min(bytes.length, 700);
      int at = draws.below(range);
      switch (draws.below(6)) {
        case 0 -> bytes[at] ^= (byte) (1 << draws.below(8));
        case 1 -> bytes[at] = (byte) draws.bits();
        case 2 -> bytes[at] = (byte) 0xff;
        case 3 ->
            Arrays.fill(
                bytes, at, Math.min(bytes.length, at + draws.below(64)), (byte) draws.bits());
        case 4 ->
            System.arraycopy(
                bytes, at, bytes, draws.below(range), Math.min(16, bytes.length - range));
        default -> {
          if (draws.below(4) == 0) {
            bytes = Arrays.copyOf(bytes, 1 + Math.max(at, draws.below(bytes.length)));
          }
        }
      }
    }
    return bytes;
  }
}
