package io.sparkmae.data;

import static io.sparkmae.data.image.TestImages.jpeg;
import static java.util.stream.Collectors.toCollection;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkmae.data.image.BadData;
import io.sparkmae.data.image.ImagePatches;
import io.sparkmae.data.image.RandomCrop;
import io.sparkmae.data.image.TestImages;
import io.sparkmae.data.image.View;
import io.sparkmae.data.storage.HuggingFaceFeatures;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.SimpleGroup;
import org.apache.parquet.hadoop.example.ExampleParquetWriter;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.schema.MessageTypeParser;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PatchReaderTest {
  private static final View VIEW = new RandomCrop(32, 8, 1, 0, 0);

  private final Configuration conf = new Configuration();

  @TempDir Path dir;

  /**
   * Hugging Face Parquet as other programs write it: more columns, small compressed row groups, a
   * row without a path.
   */
  @BeforeEach
  void writeImages() throws IOException {
    writeParquet("a.parquet", 0, 25, conf);
    writeParquet("b.parquet", 25, 35, conf);
  }

  @Test
  void manifestComesFromTheFooters() {
    PreparedData data = PreparedData.open(dir.toString(), conf);

    assertThat(data.rows()).isEqualTo(35);
    assertThat(data.classes()).containsExactly("cat", "dog");
    assertThat(data.manifest().files()).hasSize(2);
    assertThat(data.manifest().files().get(0).rowGroups()).hasSizeGreaterThan(1);
  }

  @Test
  void batchFollowsTheOrderOfTheRows() {
    PreparedData data = PreparedData.open(dir.toString(), conf);
    List<RowAddress> rows = EpochPlan.of(data.manifest(), 3, 1).rows(0, 35);
    try (var reader = new PatchReader(data, conf)) {
      PatchBatch batch = reader.read(rows, VIEW);

      assertThat(batch.size()).isEqualTo(35);
      assertThat(batch.tokens()).isEqualTo(16);
      assertThat(batch.patchLength()).isEqualTo(192);
      int length = 16 * 192;
      for (int i = 0; i < 35; i++) {
        int number = number(batch.keys()[i]);
        byte[] patches = Arrays.copyOfRange(batch.patches(), i * length, (i + 1) * length);
        assertThat(batch.labels()[i]).isEqualTo(number % 2);
        assertThat(batch.sampleSeeds()[i]).isEqualTo(VIEW.sampleSeed(batch.keys()[i]));
        assertThat(patches).isEqualTo(ImagePatches.of(jpeg(number), VIEW, batch.sampleSeeds()[i]));
      }
    }
  }

  @Test
  void patchesDoNotDependOnTheBatch() {
    PreparedData data = PreparedData.open(dir.toString(), conf);
    List<RowAddress> rows = EpochPlan.sequential(data.manifest()).rows(0, 35);
    List<RowAddress> backwards = new ArrayList<>(rows);
    Collections.reverse(backwards);
    try (var reader = new PatchReader(data, conf)) {
      byte[] all = reader.read(rows, VIEW).patches();
      int length = all.length / 35;
      byte[] last = reader.read(backwards.subList(0, 3), VIEW).patches();

      assertThat(Arrays.copyOf(last, length))
          .isEqualTo(Arrays.copyOfRange(all, 34 * length, 35 * length));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7})
  void patchesDoNotDependOnTheNumberOfThreads(int threads) {
    PreparedData data = PreparedData.open(dir.toString(), conf);
    List<RowAddress> rows = EpochPlan.of(data.manifest(), 3, 1).rows(0, 35);
    List<RandomCrop> views = new RandomCrop(32, 8, 1, 0, 0).repeats(3);
    PatchBatch expected = oneByOne(data, rows, views);
    try (var reader = new PatchReader(data, conf, threads)) {
      for (int again = 0; again < 3; again++) {
        PatchBatch batch = reader.read(rows, views);
        assertThat(batch.patches()).isEqualTo(expected.patches());
        assertThat(batch.keys()).isEqualTo(expected.keys());
        assertThat(batch.sampleSeeds()).isEqualTo(expected.sampleSeeds());
        assertThat(batch.labels()).isEqualTo(expected.labels());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 7})
  void theFirstBadImageOfABatchIsNamedWhateverElseIsBad(int threads) throws IOException {
    writeParquet("c.parquet", -9, 0, conf);
    PreparedData data = PreparedData.open(dir.toString(), conf);
    var rows = new ArrayList<>(EpochPlan.sequential(data.manifest()).rows(0, 44));
    rows.add(new RowAddress(2, 0, 9)); // not there
    Collections.swap(rows, 34, 40);
    try (var reader = new PatchReader(data, conf, threads)) {
      for (int again = 0; again < 10; again++) {
        assertThatThrownBy(() -> reader.read(rows, VIEW))
            .isInstanceOf(BadData.class)
            .hasMessageContaining("key image -4: NOT_AN_IMAGE");
      }
      assertThat(reader.read(rows.subList(0, 34), VIEW).size()).isEqualTo(34); // it goes on
    }
  }

  @Test
  void decodersAreDaemonsAndEndWithTheirReader() throws InterruptedException {
    PreparedData data = PreparedData.open(dir.toString(), conf);
    List<RowAddress> rows = EpochPlan.sequential(data.manifest()).rows(0, 35);
    Set<Thread> before = decoders();
    try (var reader = new PatchReader(data, conf, 3)) {
      assertThat(before).containsAll(decoders());
      reader.read(rows, VIEW);
      Set<Thread> there = decoders();
      there.removeAll(before);
      assertThat(there).hasSize(3).allMatch(Thread::isDaemon);
      before.addAll(there);
    }
    for (Thread decoder : before) {
      decoder.join(10_000);
      assertThat(decoder.isAlive()).isFalse();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void anInterruptEndsABatch(int threads) {
    PreparedData data = PreparedData.open(dir.toString(), conf);
    List<RowAddress> rows = EpochPlan.sequential(data.manifest()).rows(0, 35);
    try (var reader = new PatchReader(data, conf, threads)) {
      Thread.currentThread().interrupt();
      assertThatThrownBy(() -> reader.read(rows, VIEW))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("Cannot read images: the thread was interrupted");
      assertThat(Thread.interrupted()).isTrue();
      assertThat(reader.read(rows, VIEW).size()).isEqualTo(35);
    }
  }

  @Test
  void noThreadCannotDecode() {
    PreparedData data = PreparedData.open(dir.toString(), conf);
    assertThatThrownBy(() -> new PatchReader(data, conf, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Invalid decode threads: 0 (must be at least 1)");
  }

  @Test
  void aRowWithoutPathIsKnownByFileAndRow() {
    PreparedData data = PreparedData.open(dir.toString(), conf);
    List<RowAddress> rows = EpochPlan.sequential(data.manifest()).rows(24, 25);
    try (var reader = new PatchReader(data, conf)) {
      assertThat(reader.read(rows, VIEW).keys()).containsExactly("a.parquet#24");
    }
  }

  @Test
  void anImageThatCannotBeDecodedIsNamed() throws IOException {
    writeParquet("c.parquet", -1, 0, conf);
    PreparedData data = PreparedData.open(dir.toString(), conf);
    List<RowAddress> rows = EpochPlan.sequential(data.manifest()).rows(35, 36);
    try (var reader = new PatchReader(data, conf)) {
      assertThatThrownBy(() -> reader.read(rows, VIEW))
          .isInstanceOf(BadData.class)
          .hasMessageMatching(
              "Cannot decode row 0 of row group 0 of .*c.parquet, key image -1: NOT_AN_IMAGE, .*");
    }
  }

  @Test
  void aFileThatHasChangedIsBadData() throws IOException {
    PreparedData data = PreparedData.open(dir.toString(), conf);
    writeParquet("a.parquet", 0, 5, conf);
    try (var reader = new PatchReader(data, conf)) {
      assertThatThrownBy(() -> reader.read(List.of(new RowAddress(0, 0, 0)), VIEW))
          .isInstanceOf(BadData.class)
          .hasMessageMatching(
              "Cannot read .*a.parquet: its row groups are not the manifest's \\(.*\\)");
    }
  }

  @Test
  void aMissingFileIsBadData() throws IOException {
    PreparedData data = PreparedData.open(dir.toString(), conf);
    Files.delete(dir.resolve("b.parquet"));
    try (var reader = new PatchReader(data, conf)) {
      assertThatThrownBy(() -> reader.read(List.of(new RowAddress(1, 0, 0)), VIEW))
          .isInstanceOf(BadData.class)
          .hasMessageMatching("Cannot read row group 0 of .*b.parquet: .*");
    }
  }

  @Test
  void otherParquetIsRefused() throws IOException {
    Files.write(dir.resolve("c.parquet"), TestImages.text("not Parquet at all"));
    assertThatThrownBy(() -> PreparedData.open(dir.toString(), conf))
        .isInstanceOf(BadData.class)
        .hasMessageMatching("Cannot read .*c.parquet: it is not a whole Parquet file");
  }

  @Test
  void anEmptyDirectoryIsNoData() {
    assertThatThrownBy(
            () -> PreparedData.open(dir.resolve("..").resolve("nowhere").toString(), conf))
        .isInstanceOf(BadData.class)
        .hasMessageMatching("Cannot find input: .*");
  }

  /** Each row read alone, by a reader of its own. */
  private PatchBatch oneByOne(PreparedData data, List<RowAddress> rows, List<RandomCrop> views) {
    var patches = new ByteArrayOutputStream();
    var keys = new ArrayList<String>();
    long[] seeds = new long[rows.size() * views.size()];
    int[] labels = new int[seeds.length];
    for (RowAddress row : rows) {
      try (var reader = new PatchReader(data, conf)) {
        PatchBatch batch = reader.read(List.of(row), views);
        System.arraycopy(batch.sampleSeeds(), 0, seeds, keys.size(), views.size());
        System.arraycopy(batch.labels(), 0, labels, keys.size(), views.size());
        patches.writeBytes(batch.patches());
        keys.addAll(List.of(batch.keys()));
      }
    }
    return new PatchBatch(
        patches.toByteArray(), 16, 192, keys.toArray(String[]::new), seeds, labels);
  }

  private static Set<Thread> decoders() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("mae-decode-"))
        .collect(toCollection(HashSet::new));
  }

  private static int number(String key) {
    return key.endsWith("#24") ? 24 : Integer.parseInt(key.substring("image ".length()));
  }

  private void writeParquet(String name, int from, int to, Configuration conf) throws IOException {
    var schema =
        MessageTypeParser.parseMessageType(
            """
            message schema {
              optional group image { optional binary bytes; optional binary path (STRING); }
              optional int64 label;
              optional binary caption (STRING);
            }
            """);
    Files.deleteIfExists(dir.resolve("." + name + ".crc"));
    Files.deleteIfExists(dir.resolve(name));
    var path = new org.apache.hadoop.fs.Path(dir.toString(), name);
    try (var writer =
        ExampleParquetWriter.builder(path)
            .withType(schema)
            .withConf(conf)
            .withExtraMetaData(Map.of("huggingface", HuggingFaceFeatures.of(List.of("cat", "dog"))))
            .withCompressionCodec(CompressionCodecName.GZIP)
            .withRowGroupSize(10_000L)
            .withMinRowCountForPageSizeCheck(1)
            .build()) {
      for (int i = from; i < to; i++) {
        Group row = new SimpleGroup(schema);
        byte[] bytes = i < 0 ? TestImages.text("no image") : jpeg(i);
        Group image = row.addGroup("image").append("bytes", Binary.fromConstantByteArray(bytes));
        if (i != 24) {
          image.append("path", "image " + i);
        }
        row.append("label", (long) Math.abs(i % 2));
        row.append("caption", "a caption");
        writer.write(row);
      }
    }
  }
}
