package io.sparkmae.data.layout;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkmae.data.image.EncodedImage;
import io.sparkmae.data.image.ImageDecoder;
import io.sparkmae.data.image.RejectReason;
import io.sparkmae.data.image.RgbImage;
import io.sparkmae.data.image.TestImages;
import io.sparkmae.data.layout.LayoutWriter.Labelled;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.io.BytesWritable;
import org.apache.hadoop.io.SequenceFile;
import org.apache.hadoop.io.Text;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** One set of images, in every layout, cut into ranges anywhere, whole and damaged. */
class LayoutLawsTest {
  private static final int COUNT = 61;
  private static final List<Labelled> IMAGES = LayoutWriter.images(COUNT);

  private final Configuration conf = new Configuration();

  @TempDir Path dir;

  @ParameterizedTest
  @EnumSource
  void everyLayoutHoldsTheImagesOfTheFolder(LayoutWriter writer) throws IOException {
    writer.write(dir, IMAGES);

    List<Sample> samples = read(SourceUnit.BYTES);

    assertThat(samples).noneMatch(Sample::isReject);
    assertThat(samples).extracting(Sample::key).doesNotHaveDuplicates();
    assertThat(contents(samples)).isEqualTo(expected());
  }

  @ParameterizedTest
  @EnumSource
  void howAFileIsCutHasNoEffect(LayoutWriter writer) throws IOException {
    writer.write(dir, IMAGES);
    List<String> whole = keys(read(SourceUnit.BYTES));
    for (long bytes : new long[] {100, 511, 512, 513, 1000, 1536, 4001, 9999, 50_000}) {
      assertThat(keys(read(bytes))).as("cut each %d bytes", bytes).isEqualTo(whole);
    }
  }

  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = {"FOLDER"})
  void howADamagedFileIsCutHasNoEffectEither(LayoutWriter writer) throws IOException {
    writer.write(dir, IMAGES);
    Path file = data();
    byte[] bytes = Files.readAllBytes(file);
    Arrays.fill(bytes, bytes.length / 2, bytes.length / 2 + 1500, (byte) 0x5a);
    Files.write(file, Arrays.copyOf(bytes, bytes.length * 9 / 10));

    List<String> whole = keys(read(SourceUnit.BYTES));
    assertThat(whole).anyMatch(key -> key.contains("DAMAGED"));
    for (long cut : new long[] {512, 1000, 4001, 9999}) {
      assertThat(keys(read(cut))).as("cut each %d bytes", cut).isEqualTo(whole);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"IMAGENET_TRAIN", "IMAGENET_VALIDATION", "WEBDATASET", "TFRECORD_TFDS"})
  void aCutFileLosesOneImage(LayoutWriter writer) throws IOException {
    writer.write(dir, IMAGES);
    Path file = data();
    byte[] bytes = Files.readAllBytes(file);
    List<Sample> before = read(SourceUnit.BYTES);
    Files.write(file, Arrays.copyOf(bytes, bytes.length - 12_000));

    List<Sample> after = read(SourceUnit.BYTES);

    assertThat(after.stream().filter(Sample::isReject))
        .singleElement()
        .satisfies(
            reject -> {
              assertThat(reject.reason()).isEqualTo(RejectReason.DAMAGED);
              assertThat(reject.detail()).contains(file.toString(), "ends inside");
              assertThat(reject.key()).matches(file.getFileName() + "@\\d+");
            });
    List<String> kept = contents(after.stream().filter(Sample::isImage).toList());
    assertThat(contents(before)).containsAll(kept);
    assertThat(kept).hasSizeBetween(before.size() - 13, before.size() - 3);
  }

  @ParameterizedTest
  @EnumSource(names = {"IMAGENET_TRAIN", "IMAGENET_VALIDATION", "WEBDATASET", "TFRECORD_TFDS"})
  void aDamagedHeaderLosesOneImage(LayoutWriter writer) throws IOException {
    writer.write(dir, IMAGES);
    Path file = data();
    byte[] bytes = Files.readAllBytes(file);
    Labelled lost = IMAGES.get(40);
    byte[] name = TestImages.text(lost.name());
    byte[] number = TestImages.text("ILSVRC2012_val_00000041");
    int header = indexOf(bytes, writer == LayoutWriter.IMAGENET_VALIDATION ? number : name);
    if (writer == LayoutWriter.TFRECORD_TFDS) {
      header = recordBefore(bytes, header);
    }
    bytes[header + 1] ^= 0x10;
    Files.write(file, bytes);

    List<Sample> samples = read(SourceUnit.BYTES);

    assertThat(samples.stream().filter(Sample::isReject)).hasSizeBetween(1, 2);
    assertThat(samples.stream().filter(Sample::isImage)).hasSize(COUNT - 1);
    assertThat(contents(samples))
        .isSubsetOf(expected())
        .doesNotContain(lost.label() + " " + Arrays.hashCode(lost.bytes()));
  }

  @Test
  void aWrongChecksumLosesOneRecord() throws IOException {
    LayoutWriter.TFRECORD_TPU.write(dir, IMAGES);
    byte[] bytes = Files.readAllBytes(data());
    bytes[indexOf(bytes, IMAGES.get(20).bytes()) + 200] ^= 1;
    Files.write(data(), bytes);

    List<Sample> samples = read(4001);

    assertThat(samples.stream().filter(Sample::isReject))
        .singleElement()
        .satisfies(
            reject ->
                assertThat(reject.detail())
                    .endsWith("the checksum of a record's data does not hold"));
    assertThat(samples.stream().filter(Sample::isImage)).hasSize(COUNT - 1);
  }

  @Test
  void aDamagedSequenceFileLosesWhatIsBeforeTheNextMark() throws IOException {
    LayoutWriter.SEQUENCE_FILE.write(dir, IMAGES);
    byte[] bytes = Files.readAllBytes(data());
    int name = indexOf(bytes, TestImages.text(IMAGES.get(20).name()));
    Arrays.fill(bytes, name - 9, name - 1, (byte) 0x7f); // both lengths
    Files.write(data(), Arrays.copyOf(bytes, bytes.length - 300));

    List<Sample> samples = read(SourceUnit.BYTES);

    assertThat(samples.stream().filter(Sample::isReject).map(Sample::reason))
        .containsExactly(RejectReason.DAMAGED, RejectReason.DAMAGED);
    assertThat(samples.stream().filter(Sample::isImage)).hasSizeBetween(COUNT - 8, COUNT - 2);
    assertThat(contents(samples)).isSubsetOf(expected());
  }

  @Test
  void aBadPageLosesTheRowsBehindItInItsRowGroup() throws IOException {
    LayoutWriter.PARQUET.write(dir, IMAGES);
    byte[] bytes = Files.readAllBytes(data());
    Arrays.fill(bytes, bytes.length / 2, bytes.length / 2 + 64, (byte) 0x7f);
    Files.write(data(), bytes);

    List<Sample> samples = read(SourceUnit.BYTES);

    assertThat(samples).hasSize(COUNT);
    List<Sample> rejects = samples.stream().filter(Sample::isReject).toList();
    assertThat(rejects).hasSizeBetween(1, 20);
    assertThat(rejects)
        .allSatisfy(
            reject -> {
              assertThat(reject.reason()).isEqualTo(RejectReason.DAMAGED);
              assertThat(reject.key()).matches("a.parquet#\\d+");
            });
    assertThat(contents(samples)).isSubsetOf(expected());
  }

  @Test
  void aFileThatIsNoneIsNamedAndTheOthersAreKept() throws IOException {
    LayoutWriter.PARQUET.write(dir, IMAGES);
    TestImages.write(dir.resolve("b.parquet"), TestImages.text("not Parquet at all"));

    List<Sample> samples = read(SourceUnit.BYTES);

    assertThat(samples.stream().filter(Sample::isReject))
        .singleElement()
        .satisfies(reject -> assertThat(reject.key()).isEqualTo("b.parquet@0"));
    assertThat(contents(samples)).isEqualTo(expected());
  }

  @Test
  void longNamesSurviveAnyCut() throws IOException {
    var images = new ArrayList<Labelled>();
    for (Labelled image : IMAGES) {
      images.add(new Labelled("x".repeat(130) + "/" + image.name(), image.label(), image.bytes()));
    }
    for (int mode :
        new int[] {TarArchiveOutputStream.LONGFILE_POSIX, TarArchiveOutputStream.LONGFILE_GNU}) {
      try (OutputStream out = Files.newOutputStream(dir.resolve("a.tar"));
          var tar = new TarArchiveOutputStream(out, "UTF-8")) {
        tar.setLongFileMode(mode);
        tar.setAddPaxHeadersForNonAsciiNames(true);
        for (var member : LayoutWriter.members(images).entrySet()) {
          var entry = new TarArchiveEntry(member.getKey());
          entry.setSize(member.getValue().length);
          if (mode == TarArchiveOutputStream.LONGFILE_POSIX) {
            entry.addPaxHeader("mtime", "1234567890.123456789");
          }
          tar.putArchiveEntry(entry);
          tar.write(member.getValue());
          tar.closeArchiveEntry();
        }
      }
      for (long bytes : new long[] {512, 1000, 1024, 3000, 4096, 1 << 20}) {
        assertThat(contents(read(bytes))).as("cut each %d bytes", bytes).isEqualTo(expected());
      }
    }
  }

  @Test
  void bigDlPixelsBecomeTheSamePixels() throws Exception {
    try (var writer =
        SequenceFile.createWriter(
            conf,
            SequenceFile.Writer.file(new org.apache.hadoop.fs.Path(dir + "/a_0.seq")),
            SequenceFile.Writer.keyClass(Text.class),
            SequenceFile.Writer.valueClass(Text.class))) {
      for (int i = 0; i < 5; i++) {
        writer.append(new Text("name%d\n%d".formatted(i, i + 1)), new Text(raw(7, 5, i)));
        writer.append(new Text(i + 1 + ".0"), new Text(raw(7, 5, i)));
      }
    }

    List<Sample> samples = read(SourceUnit.BYTES);

    assertThat(samples).hasSize(10);
    assertThat(samples).extracting(Sample::label).containsExactly(0, 0, 1, 1, 2, 2, 3, 3, 4, 4);
    RgbImage image = new ImageDecoder().decode(EncodedImage.of(samples.get(2).bytes()));
    assertThat(image.width()).isEqualTo(7);
    assertThat(image.height()).isEqualTo(5);
    byte[] bgr = raw(7, 5, 1);
    for (int i = 0; i < 35 * 3; i += 3) {
      assertThat(image.rgb()[i]).isEqualTo(bgr[8 + i + 2]);
      assertThat(image.rgb()[i + 1]).isEqualTo(bgr[8 + i + 1]);
      assertThat(image.rgb()[i + 2]).isEqualTo(bgr[8 + i]);
    }
  }

  @Test
  void backgroundAndUnlabelledRecordsHaveNoLabel() throws IOException {
    var out = new ByteArrayOutputStream();
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("image/encoded", TestImages.jpeg(1));
    LayoutWriter.record(out, LayoutWriter.example(values));
    values.put("image/class/label", 0L);
    LayoutWriter.record(out, LayoutWriter.example(values));
    LayoutWriter.record(out, LayoutWriter.example(Map.of("label", 3L)));
    LayoutWriter.record(out, TestImages.text("no example"));
    TestImages.write(dir.resolve("x.tfrecord"), out.toByteArray());

    List<Sample> samples = read(SourceUnit.BYTES);

    assertThat(samples.subList(0, 2)).extracting(Sample::label).containsOnly(-1);
    assertThat(samples.subList(2, 4))
        .extracting(Sample::reason)
        .containsExactly(RejectReason.NO_BYTES, RejectReason.CORRUPT);
  }

  /** Words as labels are the same classes in all layouts that can hold them. */
  @ParameterizedTest
  @ValueSource(strings = {"x.tfrecord", "x.seq", "x.tar"})
  void wordsAreClassesInEveryLayout(String file) throws IOException {
    List<String> words = List.of("dog", "great auk", "dog", "2", "2.5", "-3", "");
    var records = new ByteArrayOutputStream();
    Map<String, byte[]> members = new LinkedHashMap<>();
    try (var sequence =
        SequenceFile.createWriter(
            conf,
            SequenceFile.Writer.file(new org.apache.hadoop.fs.Path(dir + "/.x.seq")),
            SequenceFile.Writer.keyClass(Text.class),
            SequenceFile.Writer.valueClass(BytesWritable.class))) {
      for (int i = 0; i < words.size(); i++) {
        byte[] image = TestImages.jpeg(i);
        byte[] label = TestImages.text(words.get(i));
        LayoutWriter.record(records, LayoutWriter.example(Map.of("image", image, "label", label)));
        sequence.append(new Text(i + ".jpg\n" + words.get(i)), new BytesWritable(image));
        members.put(i + ".jpg", image);
        members.put(i + ".cls", label);
      }
    }
    switch (file) {
      case "x.tfrecord" -> TestImages.write(dir.resolve(file), records.toByteArray());
      case "x.seq" -> Files.move(dir.resolve(".x.seq"), dir.resolve(file));
      default -> TestImages.tar(dir.resolve(file), members);
    }

    LayoutChoice choice = LayoutChoice.of("auto", Inputs.list(List.of(dir.toString()), conf), conf);
    SourceUnit unit = choice.layout().units(choice.inputs()).get(0);
    assertThat(choice.layout().words(unit, 100, conf)).containsExactly("dog", "great auk");
    Layout named = choice.layout().withClasses(List.of("great auk", "emu", "dog"));
    try (Stream<Sample> samples = named.read(unit, conf)) {
      assertThat(samples.map(Sample::label)).containsExactly(2, 0, 2, 2, -1, -1, -1);
    }
  }

  private static byte[] raw(int width, int height, int seed) {
    ByteBuffer raw = ByteBuffer.allocate(8 + width * height * 3);
    raw.putInt(width).putInt(height);
    for (int i = 8; i < raw.capacity(); i++) {
      raw.put((byte) (i * 31 + seed * 7));
    }
    return raw.array();
  }

  /** What the layout that auto finds reads, from ranges of this size. */
  private List<Sample> read(long bytes) {
    LayoutChoice choice = LayoutChoice.of("auto", Inputs.list(List.of(dir.toString()), conf), conf);
    List<SourceUnit> units =
        choice.layout() instanceof FolderLayout
            ? choice.layout().units(choice.inputs())
            : SourceUnit.ranges(choice.inputs().files(), bytes);
    var samples = new ArrayList<Sample>();
    for (SourceUnit unit : units) {
      try (Stream<Sample> stream = choice.layout().read(unit, conf)) {
        stream.forEach(samples::add);
      }
    }
    return samples;
  }

  private Path data() throws IOException {
    try (Stream<Path> files = Files.list(dir)) {
      return files
          .filter(file -> !file.getFileName().toString().startsWith("_"))
          .filter(file -> !file.toString().endsWith(".txt"))
          .sorted()
          .reduce((first, second) -> second)
          .orElseThrow();
    }
  }

  private static List<String> keys(List<Sample> samples) {
    return samples.stream()
        .map(sample -> sample.key() + " " + sample.label() + " " + sample.reason())
        .sorted()
        .toList();
  }

  /** Label and bytes of the images. */
  private static List<String> contents(List<Sample> samples) {
    return samples.stream()
        .filter(Sample::isImage)
        .map(sample -> sample.label() + " " + Arrays.hashCode(sample.bytes()))
        .sorted()
        .toList();
  }

  private static List<String> expected() {
    return IMAGES.stream()
        .map(image -> image.label() + " " + Arrays.hashCode(image.bytes()))
        .sorted()
        .toList();
  }

  private static int recordBefore(byte[] bytes, int from) {
    for (int at = from - 12; at >= 0; at--) {
      if (TfRecords.isHeader(Arrays.copyOfRange(bytes, at, at + 12))) {
        return at;
      }
    }
    throw new AssertionError("no record");
  }

  private static int indexOf(byte[] bytes, byte[] wanted) {
    for (int at = 0; at <= bytes.length - wanted.length; at++) {
      if (Arrays.equals(bytes, at, at + wanted.length, wanted, 0, wanted.length)) {
        return at;
      }
    }
    throw new AssertionError("not there");
  }
}
