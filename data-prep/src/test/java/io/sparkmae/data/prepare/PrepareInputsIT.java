package io.sparkmae.data.prepare;

import static io.sparkmae.data.image.TestImages.jpeg;
import static io.sparkmae.data.image.TestImages.text;
import static io.sparkmae.data.image.TestImages.write;
import static org.assertj.core.api.Assertions.assertThat;

import io.sparkmae.data.EpochPlan;
import io.sparkmae.data.KeyRange;
import io.sparkmae.data.PatchReader;
import io.sparkmae.data.PreparedData;
import io.sparkmae.data.image.CentreCrop;
import io.sparkmae.data.image.EncodedImage;
import io.sparkmae.data.image.PillowFiles;
import io.sparkmae.data.image.PixelFormat;
import io.sparkmae.data.image.TestImages;
import io.sparkmae.data.image.Undecodable;
import io.sparkmae.data.image.codec.Orientation;
import io.sparkmae.data.layout.LayoutWriter;
import io.sparkmae.data.layout.SourceImages;
import io.sparkmae.data.storage.ColumnNames;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;

/** What becomes of every file, member and label that a preparation meets. */
class PrepareInputsIT extends Preparations {

  /** Cameras' names begin with an underscore; a Mac's and Windows' leavings are no photographs. */
  @Test
  void everyFileMetIsARowARejectOrSkipped() throws IOException {
    List<String> photographs =
        List.of("_MG_0001.jpg", "_DSC0003.JPG", "_background/0.jpg", "cat/2021-01-02T03:04:05.jpg");
    List<String> skipped =
        List.of(
            ".DS_Store",
            "cat/._0.jpg",
            "cat/.ipynb_checkpoints/0-checkpoint.jpg",
            "__MACOSX/cat/._0.jpg",
            "__MACOSX/cat/0.jpg",
            "Thumbs.db",
            "_SUCCESS",
            "_temporary/0/1.jpg",
            "notes.txt");
    for (String name : photographs) {
      write(dir.resolve("met").resolve(name), jpeg(name.length()));
    }
    for (String name : skipped) {
      write(dir.resolve("met").resolve(name), jpeg(0));
    }
    Files.createSymbolicLink(dir.resolve("met/cat/gone.jpg"), dir.resolve("nowhere.jpg"));

    PrepareResult result = prepare("out", "met");

    assertThat(keys("out")).containsExactlyInAnyOrderElementsOf(photographs);
    assertThat(result.rejects()).isEqualTo(Map.of("MISSING", 1L));
    assertThat(rejectLines()).singleElement().asString().contains("cat/gone.jpg");
    assertThat(result.skipped())
        .isEqualTo(Map.of("HIDDEN", 3L, "JUNK", 3L, "MARKER", 2L, "OTHER", 1L));
    PreparedData data = PreparedData.open(dir + "/out", conf);
    assertThat(data.classes()).containsExactly("_background", "cat");
    assertThat(data.manifest().skipped()).isEqualTo(result.skipped());
    assertThat(prepare("out", "met").skipped()).isEqualTo(result.skipped());
    assertThat(result.met()).isEqualTo(photographs.size() + skipped.size() + 1);
    assertThat(result.unlabelled()).isEqualTo(2);
  }

  @Test
  void whatTheUserNamesIsMeant() throws IOException {
    write(dir.resolve("in/.hidden.jpg"), jpeg(1));
    write(dir.resolve("in/.shots/1.jpg"), jpeg(2));
    write(dir.resolve("in/.shots/.2.jpg"), jpeg(3));
    write(dir.resolve("in/3.jpg"), jpeg(4));

    PrepareResult named = prepare("out", "in/.hidden.jpg");
    PrepareResult directory = prepare("shots", "in/.shots");
    PrepareResult pattern = prepare("pattern", "in/*");

    assertThat(named.rows()).isEqualTo(1);
    assertThat(named.skipped()).isEmpty();
    assertThat(keys("shots")).containsExactly("1.jpg");
    assertThat(directory.skipped()).isEqualTo(Map.of("HIDDEN", 1L));
    assertThat(keys("pattern")).containsExactly("3.jpg");
    assertThat(pattern.skipped()).isEqualTo(Map.of("HIDDEN", 3L));
    PrepareSettings twice =
        new PrepareSettings(
            List.of(dir + "/in", dir + "/in/.hidden.jpg"), dir + "/twice", "auto", 0, 92, 1);
    assertThat(prepare(twice).skipped()).isEqualTo(Map.of("HIDDEN", 2L));
    assertThat(keys("twice")).containsExactlyInAnyOrder("3.jpg", ".hidden.jpg");
  }

  @Test
  void aMacsLeavingsAreNoClassesOfImageNetsTarOfTars() throws IOException {
    byte[] junk = {0, 5, 22, 7, 0, 2, 0, 0}; // AppleDouble begins so
    var outer = new LinkedHashMap<String, byte[]>();
    outer.put("./.DS_Store", java.util.Arrays.copyOf(junk, 6148));
    for (int label = 0; label < 3; label++) {
      var members = new LinkedHashMap<String, byte[]>();
      for (int i = 0; i < 4; i++) {
        members.put("._n0000000%d_%d.JPEG".formatted(label, i), junk);
        members.put("n0000000%d_%d.JPEG".formatted(label, i), jpeg(label * 4 + i));
      }
      members.put(".DS_Store", junk);
      members.put("__MACOSX/._n0000000%d_0.JPEG".formatted(label), junk);
      members.put("Thumbs.db", junk);
      members.put(".ipynb_checkpoints/n0000000%d_9.JPEG".formatted(label), jpeg(9));
      TestImages.tar(dir.resolve("inner"), members);
      outer.put("._n0000000%d.tar".formatted(label), java.util.Arrays.copyOf(junk, 700));
      outer.put("n0000000%d.tar".formatted(label), Files.readAllBytes(dir.resolve("inner")));
    }
    TestImages.tar(dir.resolve("in/ILSVRC2012_img_train.tar"), outer);

    PrepareResult result = prepare("out", "in");

    assertThat(result.layout()).isEqualTo("imagenet-tar");
    assertThat(result.rows()).isEqualTo(12);
    assertThat(result.rejects()).isEmpty();
    assertThat(result.skipped()).isEqualTo(Map.of("MEMBERS", 1L + 3 + 3 * 8));
    assertThat(PreparedData.open(dir + "/out", conf).classes())
        .containsExactly("n00000000", "n00000001", "n00000002");
    labels("out").forEach((key, label) -> assertThat(key).contains("n0000000" + label + "_"));
  }

  /** Links to other members have no bytes, and a path upwards is no hidden one. */
  @Test
  void everyMemberOfATarIsCounted() throws IOException {
    Path shard = dir.resolve("tars/s.tar");
    Files.createDirectories(shard.getParent());
    try (var tar =
        new TarArchiveOutputStream(Files.newOutputStream(shard), StandardCharsets.UTF_8.name())) {
      for (String name : List.of("../up/0.jpg", "./1.jpg", "__x__.jpg", "__worker__.json")) {
        var entry = new TarArchiveEntry(name, true);
        entry.setSize(jpeg(name.length()).length);
        tar.putArchiveEntry(entry);
        tar.write(jpeg(name.length()));
        tar.closeArchiveEntry();
      }
      for (byte type : new byte[] {TarConstants.LF_LINK, TarConstants.LF_SYMLINK}) {
        var link = new TarArchiveEntry(type + ".jpg", type);
        link.setLinkName("1.jpg");
        tar.putArchiveEntry(link);
        tar.closeArchiveEntry();
      }
    }

    PrepareResult result = prepare("out", "tars");

    assertThat(keys("out"))
        .containsExactlyInAnyOrder("s.tar/../up/0.jpg", "s.tar/./1.jpg", "s.tar/__x__.jpg");
    assertThat(result.rejects()).isEqualTo(Map.of("EMPTY", 2L));
    assertThat(result.skipped()).isEqualTo(Map.of("MEMBERS", 1L));
    assertThat(result.met()).isEqualTo(6);
  }

  @Test
  void aShardThatIsALinkToNothingIsAReject() throws IOException {
    TestImages.tar(dir.resolve("tars/2021-01-02T03:04.tar"), Map.of("a.jpg", jpeg(1)));
    Files.createSymbolicLink(dir.resolve("tars/s1.tar"), dir.resolve("nowhere.tar"));

    PrepareResult result = prepare("out", "tars");

    assertThat(result.rows()).isEqualTo(1);
    assertThat(result.rejects()).isEqualTo(Map.of("MISSING", 1L));
  }

  @Test
  void aMacsLeavingsEndNoSampleOfATar() throws IOException {
    var members = new LinkedHashMap<String, byte[]>();
    for (int i = 0; i < 9; i++) {
      members.put("._%d.cls".formatted(i), text("x"));
      members.put("%d.cls".formatted(i), text("" + i % 3));
      members.put("._%d.jpg".formatted(i), text("x"));
      members.put("%d.jpg".formatted(i), jpeg(i));
    }
    members.put("__MACOSX/0.jpg", jpeg(0));
    TestImages.tar(dir.resolve("tars/s0.tar"), members);

    PrepareResult result = prepare("out", "tars");

    assertThat(result.rows()).isEqualTo(9);
    assertThat(result.rejects()).isEmpty();
    assertThat(result.skipped()).isEqualTo(Map.of("MEMBERS", 19L));
    Dataset<Row> rows = spark.session().read().parquet(dir + "/out/data");
    assertThat(rows.filter("label = 2").count()).isEqualTo(3);
    assertThat(SourceImages.first(List.of(dir + "/tars"), "auto", 20, conf))
        .hasSize(9)
        .allSatisfy(image -> assertThat(image.bytes()).isNotEmpty());
  }

  @Test
  void labelsThatAreWordsAreClasses() throws IOException {
    var members = new LinkedHashMap<String, byte[]>();
    for (int i = 0; i < 6; i++) {
      members.put(i + ".jpg", jpeg(i));
      members.put(i + ".cls", text(List.of("dog", "cat", "great auk").get(i % 3)));
    }
    members.put("6.jpg", jpeg(6));
    members.put("6.json", text("{\"label\": \"cat\"}"));
    members.put("7.jpg", jpeg(7));
    members.put("7.json", text("{\"label\": null}"));
    TestImages.tar(dir.resolve("tars/s0.tar"), members);
    TestImages.tar(dir.resolve("tars/s1.tar"), Map.of("8.jpg", jpeg(8), "8.cls", text("zebra")));

    PrepareResult result = prepare("out", "tars");

    assertThat(result.rows()).isEqualTo(9);
    assertThat(result.rejects()).isEmpty();
    assertThat(PreparedData.open(dir + "/out", conf).classes())
        .containsExactly("cat", "dog", "great auk", "zebra");
    Dataset<Row> rows = spark.session().read().parquet(dir + "/out/data");
    assertThat(rows.filter("label = 0").count()).isEqualTo(3);
    assertThat(rows.filter("label = 3").count()).isEqualTo(1);
    assertThat(rows.filter("label = -1").count()).isEqualTo(1);
    assertThat(prepare("out", "tars").rows()).isEqualTo(9);
  }

  @Test
  void aDamagedShardLosesWhatIsDamagedAndTheRestIsPrepared() throws IOException {
    LayoutWriter.IMAGENET_TRAIN.write(dir.resolve("in"), LayoutWriter.images(40));
    Path tar = dir.resolve("in/ILSVRC2012_img_train.tar");
    byte[] bytes = Files.readAllBytes(tar);
    Files.write(tar, java.util.Arrays.copyOf(bytes, bytes.length - 12_000));

    PrepareResult result = prepare("out", "in");

    assertThat(result.layout()).isEqualTo("imagenet-tar");
    assertThat(result.rows()).isBetween(25L, 39L);
    assertThat(result.rejects()).isEqualTo(Map.of("DAMAGED", 1L));
    assertThat(rejectLines())
        .singleElement()
        .asString()
        .contains("ILSVRC2012_img_train.tar, byte ", "ends inside");
  }

  @Test
  void repeatedMembersAreRejectedOnce() throws IOException {
    Path shard = dir.resolve("tars/s.tar");
    TestImages.tar(shard, Map.of("a.jpg", jpeg(1)));
    byte[] once = Files.readAllBytes(shard);
    int member = 512 + (jpeg(1).length + 511) / 512 * 512;
    byte[] twice = new byte[once.length + member];
    System.arraycopy(once, 0, twice, 0, member);
    System.arraycopy(once, 0, twice, member, once.length);
    Files.write(shard, twice);

    PrepareResult result = prepare("out", "tars");

    assertThat(result.rows()).isEqualTo(1);
    assertThat(result.rejects()).isEqualTo(Map.of("DUPLICATE_KEY", 1L));
  }

  /** Suffixes in any case; formats that are not decoded are met, and named. */
  @Test
  void everyFormatIsARowOrARejectThatNamesIt() throws IOException {
    Map<String, byte[]> files = PillowFiles.files();
    Map<String, String> kept =
        Map.of(
            "a.webp", "lossy-17x23.webp",
            "b.GIF", "animated.gif",
            "c.bmp", "24.bmp",
            "d.TIF", "rgb-tiff_lzw.tif",
            "e.tiff", "orientation-6.tif",
            "f.png", "rgb.png",
            "g.jfif", "4x2-17x23-baseline.jpg",
            "h.jpg", "lossless-17x23.webp");
    for (var name : kept.entrySet()) {
      write(dir.resolve("met/x").resolve(name.getKey()), files.get(name.getValue()));
    }
    write(dir.resolve("met/x/i.heic"), text("....ftypheic....mif1"));
    write(dir.resolve("met/x/j.AVIF"), text("....ftypavif....mif1"));
    write(dir.resolve("met/x/k.svg"), text("<svg/>"));
    Map<String, byte[]> members = new LinkedHashMap<>();
    kept.forEach((name, file) -> members.put(name, files.get(file)));
    TestImages.tar(dir.resolve("tars/s.tar"), members);

    PrepareResult result = prepare("out", "met");

    assertThat(result.rows()).isEqualTo(kept.size());
    assertThat(result.rejects()).isEqualTo(Map.of("UNSUPPORTED", 3L));
    assertThat(rejectLines())
        .anyMatch(line -> line.contains("i.heic") && line.contains("HEIC (convert it"))
        .anyMatch(line -> line.contains("j.AVIF") && line.contains("AVIF (convert it"))
        .anyMatch(line -> line.contains("k.svg") && line.contains("SVG (convert it"));
    assertThat(result.oriented()).isEqualTo(1);
    for (Row row : spark.session().read().parquet(dir + "/out/data").collectAsList()) {
      String name = row.getStruct(row.fieldIndex("image")).getAs("path");
      byte[] stored = row.getStruct(row.fieldIndex("image")).getAs("bytes");
      assertThat(stored).isEqualTo(files.get(kept.get(name.substring(2))));
    }
    PreparedData data = PreparedData.open(dir + "/out", conf);
    var rows = EpochPlan.of(data.manifest(), 0, 0).rows(0, kept.size());
    try (var reader = new PatchReader(data, conf)) {
      assertThat(reader.read(rows, new CentreCrop(32, 16)).labels()).hasSize(kept.size());
    }
    assertThat(prepare("fromTars", "tars").rows()).isEqualTo(kept.size());
  }

  @Test
  void imagesAreStoredUprightIfWanted() throws IOException, Undecodable {
    Map<String, byte[]> files = PillowFiles.files();
    for (int i = 1; i <= 8; i++) {
      String name = "orientation-%d.jpg".formatted(i);
      write(dir.resolve("met/x").resolve(name), files.get(name));
    }
    PrepareSettings ignore = settings("ignored", "met", 0, 1);
    PrepareResult ignored = PrepareJob.run(spark.session(), ignore);
    PrepareResult applied =
        PrepareJob.run(
            spark.session(),
            new PrepareSettings(
                ignore.inputs(),
                dir + "/out",
                "auto",
                0,
                95,
                1,
                0.5,
                false,
                true,
                KeyRange.ALL,
                ColumnNames.FOUND,
                null,
                PixelFormat.RGB));

    assertThat(ignored.oriented()).isEqualTo(7);
    assertThat(applied.oriented()).isEqualTo(7);
    assertThat(PreparedData.open(dir + "/out", conf).manifest().oriented()).isEqualTo(7);
    for (Row row : spark.session().read().parquet(dir + "/out/data").collectAsList()) {
      byte[] stored = row.getStruct(row.fieldIndex("image")).getAs("bytes");
      String name = row.getStruct(row.fieldIndex("image")).getAs("path");
      EncodedImage image = EncodedImage.of(stored);
      assertThat(image.orientation()).isEqualTo(Orientation.UPRIGHT);
      boolean swaps = name.matches(".*-[5678].jpg");
      assertThat(image.width()).isEqualTo(swaps ? 23 : 17);
    }
  }
}
