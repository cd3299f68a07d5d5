package io.sparkmae.data.prepare;

import static io.sparkmae.data.image.TestImages.jpeg;
import static io.sparkmae.data.image.TestImages.text;
import static io.sparkmae.data.image.TestImages.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkmae.data.image.RejectReason;
import io.sparkmae.data.image.SampleSeed;
import io.sparkmae.data.image.SampleSeed.Draws;
import io.sparkmae.data.image.TestImages;
import io.sparkmae.data.layout.Sample;
import io.sparkmae.data.prepare.Faults.Step;
import io.sparkmae.data.storage.MissingCodec;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import javax.imageio.IIOException;
import javax.imageio.ImageIO;
import org.apache.spark.sql.Row;
import org.assertj.core.api.AbstractStringAssert;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whatever goes wrong with one image is that image's reject, at every step of its way. */
class OneImageIT extends Preparations {
  private static final int IMAGES = 40;

  /** What a step may throw that is not the storage's, nor says that code is missing. */
  private static final List<Supplier<Throwable>> KINDS =
      List.of(
          () -> new IllegalArgumentException("Maximum supported image dimension is 65500"),
          () -> new NegativeArraySizeException("-1"),
          () -> new ArrayIndexOutOfBoundsException(9),
          NullPointerException::new,
          () -> new ClassCastException("a is no b"),
          () -> new ArithmeticException("/ by zero"),
          () -> new UnsupportedOperationException(),
          () -> new RuntimeException(new IOException("within")),
          StackOverflowError::new);

  /** What a decoder or an encoder may throw besides. */
  private static final List<Supplier<Throwable>> CODEC_KINDS =
      List.of(
          () -> new IIOException("Unsupported Image Type"),
          () -> new IOException("a codec's"),
          () -> new InternalError("a native codec's"),
          () -> new AssertionError("a codec's"));

  private Faults faults;

  @AfterEach
  void mend() {
    if (faults != null) {
      faults.close();
    }
  }

  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = {"LABEL", "FINISH"})
  void aFaultAtAnyStepIsThatImagesReject(Step step) throws IOException {
    for (int i = 0; i < IMAGES; i++) {
      write(dir.resolve("in/class%d/%02d.jpg".formatted(i % 3, i)), jpeg(i));
    }
    Map<String, List<Object>> before = rows("before", "in");
    assertThat(before).hasSize(IMAGES);
    faults = new Faults();
    Draws draws = SampleSeed.stream(step.ordinal(), 7);
    var struck = new TreeMap<String, String>();
    List<Supplier<Throwable>> kinds = new ArrayList<>(KINDS);
    if (step != Step.READ && step != Step.WRITE) {
      kinds.addAll(CODEC_KINDS);
    }
    for (Supplier<Throwable> kind : kinds) {
      int i = draws.below(IMAGES);
      String key = "class%d/%02d.jpg".formatted(i % 3, i);
      boolean byName = step == Step.READ || step == Step.WRITE;
      faults.at(step, byName ? key : jpeg(i), kind);
      struck.put(key, kind.get().getClass().getSimpleName());
    }

    Map<String, List<Object>> after = rows("out", "in");

    assertThat(after.keySet()).doesNotContainAnyElementsOf(struck.keySet());
    before.keySet().removeAll(struck.keySet());
    assertThat(after).isEqualTo(before);
    assertThat(rejectLines()).hasSize(struck.size());
    struck.forEach(
        (key, thrown) -> assertThatLine(key).contains(thrown).containsAnyOf("CORRUPT", "DAMAGED"));
    PrepareResult result = last;
    assertThat(result.rows() + Account.sum(result.rejects())).isEqualTo(result.met());
  }

  @Test
  void aFaultOfALabelCostsTheLabelAlone() throws IOException {
    var members = new LinkedHashMap<String, byte[]>();
    for (int i = 0; i < IMAGES; i++) {
      members.put(i + ".jpg", jpeg(i));
      members.put(i + ".cls", text("" + i));
    }
    TestImages.tar(dir.resolve("tars/s.tar"), members);
    faults = new Faults();
    for (int i = 0; i < KINDS.size(); i++) {
      faults.at(Step.LABEL, "" + i, KINDS.get(i));
    }

    Map<String, List<Object>> rows = rows("out", "tars");

    assertThat(rows).hasSize(IMAGES);
    for (int i = 0; i < IMAGES; i++) {
      assertThat(rows.get("s.tar/%d.jpg".formatted(i)).get(1))
          .isEqualTo(i < KINDS.size() ? -1L : (long) i);
    }
    assertThat(last.unlabelled()).isEqualTo(KINDS.size());
  }

  @ParameterizedTest
  @EnumSource(names = {"HEADER", "DECODE", "RESIZE", "ENCODE"})
  void codeThatIsMissingEndsTheRunInASentence(Step step) throws IOException {
    for (int i = 0; i < 6; i++) {
      write(dir.resolve("in/%02d.jpg".formatted(i)), jpeg(i));
    }
    faults = new Faults();
    for (Supplier<Throwable> missing :
        List.<Supplier<Throwable>>of(
            () -> new NoClassDefFoundError("org/codec/Turbo"),
            () -> new UnsatisfiedLinkError("no turbojpeg in java.library.path"),
            () -> new ExceptionInInitializerError("a codec"))) {
      faults.at(step, jpeg(3), missing);

      assertThatThrownBy(() -> rows("out", "in"))
          .isInstanceOf(MissingCodec.class)
          .hasMessageMatching("Cannot decode 03.jpg: code for it is missing here, .*");
      assertThat(dir.resolve("out/manifest.json")).doesNotExist();
    }
  }

  /** A small image may have met its neighbours' peak; a huge one would not fit the next time. */
  @Test
  void tooLittleMemoryIsAHugeImagesReject() throws IOException {
    var huge = new BufferedImage(9000, 6000, BufferedImage.TYPE_BYTE_GRAY);
    var png = new ByteArrayOutputStream();
    ImageIO.write(huge, "png", png);
    faults = new Faults();
    faults.at(Step.DECODE, png.toByteArray(), () -> new OutOfMemoryError("Java heap space"));
    faults.at(Step.DECODE, jpeg(1), () -> new OutOfMemoryError("Java heap space"));

    try (var screening = new Screening(settings("out", "in", 24, 1))) {
      Sample reject = screening.screen(Sample.image("huge", png.toByteArray(), 0));
      assertThat(reject.reason()).isEqualTo(RejectReason.TOO_LARGE);
      assertThat(reject.detail()).matches("9000 × 6000 pixels, too many for the \\d+ MiB here");
      assertThatThrownBy(() -> screening.screen(Sample.image("small", jpeg(1), 0)))
          .isInstanceOf(OutOfMemoryError.class);
    }
  }

  /** A part that says it met another file than it wrote is found at the end. */
  @Test
  void countsThatDifferEndTheJob() throws IOException {
    for (int i = 0; i < 6; i++) {
      write(dir.resolve("in/%02d.jpg".formatted(i)), jpeg(i));
    }
    faults = new Faults();
    faults.at(Step.FINISH, Faults.JOB, () -> new IllegalStateException("killed here"));
    assertThatThrownBy(() -> rows("out", "in")).hasMessage("killed here");
    faults.close();
    faults = null;
    for (int part = 0; part < 4; part++) {
      Path done = dir.resolve("out/_attempts/done-0000%d.json".formatted(part));
      String counts = Files.readString(done);
      if (counts.contains("\"met\":6")) {
        Files.writeString(done, counts.replace("\"met\":6", "\"met\":7"));
        Files.delete(done.resolveSibling("." + done.getFileName() + ".crc"));
      }
    }

    assertThatThrownBy(() -> rows("out", "in"))
        .isInstanceOf(CountsDiffer.class)
        .hasMessageContaining(
            "6 rows, 0 rejects and 0 skipped are not the 7 met, counted in 1 of 1 units of work");
    assertThat(dir.resolve("out/manifest.json")).doesNotExist();
  }

  private PrepareResult last;

  /** Bytes and label of each row, by key; shrunk, so that all steps are taken. */
  private Map<String, List<Object>> rows(String output, String input) {
    last = PrepareJob.run(spark.session(), settings(output, input, 24, 1));
    var rows = new TreeMap<String, List<Object>>();
    for (Row row :
        spark
            .session()
            .read()
            .parquet(dir + "/" + output + "/data")
            .select("image.path", "image.bytes", "label")
            .collectAsList()) {
      rows.put(row.getString(0), List.of(Arrays.hashCode((byte[]) row.get(1)), row.getLong(2)));
    }
    return rows;
  }

  private AbstractStringAssert<?> assertThatLine(String key) {
    try {
      return assertThat(
          rejectLines().stream().filter(line -> line.contains(key)).findFirst().orElse(""));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
