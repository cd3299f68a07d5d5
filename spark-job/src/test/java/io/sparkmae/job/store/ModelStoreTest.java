package io.sparkmae.job.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelStoreTest {

  private static final Configuration HADOOP = new Configuration();

  @TempDir Path root;

  private ModelStore store;

  @BeforeEach
  void openStore() throws IOException {
    store = ModelStore.at(root.toUri().toString(), HADOOP);
  }

  @Test
  void emptyStoreHasNoLatest() throws IOException {
    assertThat(latest()).isEmpty();
    assertThatThrownBy(() -> name(root)).isInstanceOf(BadModel.class);
  }

  @Test
  void committedVersionIsReadBack() throws IOException {
    ModelVersion written = version("first");
    ModelVersion latest = latest().orElseThrow();
    assertThat(latest.uri()).isEqualTo(written.uri());
    assertThat(text(latest)).isEqualTo("first");
    assertThat(Files.readString(root.resolve("LATEST"))).isEqualTo("v000001\n");
  }

  @Test
  void anOutputThatWouldReplaceAModelIsRefused() throws IOException {
    version("first");
    Path file = Files.writeString(root.resolve("vit.safetensors"), "weights");
    String model = root.toString();
    String one = model + "/v000001";
    for (String[] pair :
        new String[][] {
          {model, model},
          {root.toUri() + "/", model},
          {model + "/x/..", model},
          {model, one},
          {model, "" + file}
        }) {
      assertThatThrownBy(() -> ModelStore.requireApart(pair[0], pair[1], "the model's", HADOOP))
          .as("%s of %s", pair[0], pair[1])
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining(
              "(must be another directory than the model's; give one of its own)");
    }
    for (String into : List.of(model, one, one + "/encoder")) {
      assertThatThrownBy(() -> ModelStore.requireNone(into, HADOOP))
          .as(into)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("Invalid output: " + into);
    }
    ModelStore.requireApart(model + "/timm", model, "the model's", HADOOP);
    ModelStore.requireNone(model + "/timm", HADOOP);
  }

  @Test
  void manifestNamesBytesAndDigest() throws IOException {
    VersionManifest manifest = version("abc").manifest();
    assertThat(manifest.version()).isEqualTo("v000001");
    assertThat(manifest.files())
        .containsExactly(
            new StoredFile(
                "encoder/a.txt",
                3,
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
  }

  @Test
  void openTakesAStoreOrAVersion() throws IOException {
    version("first");
    version("second");
    assertThat(name(root)).isEqualTo("v000002");
    assertThat(name(root.resolve("v000001"))).isEqualTo("v000001");
  }

  @Test
  void unfinishedVersionIsPassedOver() throws IOException {
    version("first");
    store.begin().file("encoder/a.txt", out -> out.write(1));
    assertThat(latest().orElseThrow().name()).isEqualTo("v000001");
    assertThat(store.begin().name()).isEqualTo("v000003");
    assertThat(ModelStore.verify(root.toString(), HADOOP).firstBrokenFile()).isNull();
  }

  @Test
  void missingSuccessIsUnfinished() throws IOException {
    version("first");
    version("second");
    Files.delete(root.resolve("v000002/_SUCCESS"));
    assertThat(latest().orElseThrow().name()).isEqualTo("v000001");
  }

  @Test
  void cutOffFileFallsBackWhateverLatestSays() throws IOException {
    version("first");
    version("second");
    overwrite(root.resolve("v000002/encoder/a.txt"), "sec");
    assertThat(Files.readString(root.resolve("LATEST"))).isEqualTo("v000002\n");
    assertThat(latest().orElseThrow().name()).isEqualTo("v000001");
  }

  @Test
  void changedByteIsFoundOnTheWayAndFallsBack() throws IOException {
    version("first");
    version("second");
    overwrite(root.resolve("v000002/encoder/a.txt"), "sekond");
    assertThat(store.read(ModelStoreTest::text)).contains("first");
    assertThatThrownBy(
            () -> ModelStore.read(root.resolve("v000002").toString(), HADOOP, ModelStoreTest::text))
        .isInstanceOf(BadModel.class)
        .hasMessageContaining("encoder/a.txt is not as its manifest says");
  }

  @Test
  void changedByteIsFoundByHadoopsChecksums() throws IOException {
    version("first");
    Files.writeString(root.resolve("v000001/encoder/a.txt"), "fjrst");
    assertThat(store.read(ModelStoreTest::text)).isEmpty();
  }

  @Test
  void aBrokenFileIsNamedWhateverItsReaderMadeOfIt() throws IOException {
    ModelVersion version = version("{}");
    overwrite(root.resolve("v000001/encoder/a.txt"), "{x");
    assertThatThrownBy(
            () -> version.read("encoder/a.txt", in -> Json.read(in, VersionManifest.class)))
        .isInstanceOf(BadModel.class)
        .hasMessageContaining("encoder/a.txt is not as its manifest says");
  }

  @Test
  void aReaderThatStopsEarlyStillHasTheFileChecked() throws IOException {
    ModelVersion version = version("first");
    assertThat(version.<Integer>read("encoder/a.txt", InputStream::read)).isEqualTo('f');
    overwrite(root.resolve("v000001/encoder/a.txt"), "firsd");
    assertThatThrownBy(() -> version.read("encoder/a.txt", InputStream::read))
        .isInstanceOf(BadModel.class);
  }

  @Test
  void filesOfOthersAreTakenInIfTheyAreThere() throws IOException {
    VersionWriter writer = store.begin();
    StoredFile file =
        Directory.at(writer.uri(), HADOOP).file("state/part.f32", out -> out.write(new byte[4]));
    writer.add(List.of(file));
    assertThat(writer.commit().manifest().files()).containsExactly(file);
    StoredFile elsewhere = new StoredFile("state/part.f32", 8, file.sha256());
    assertThatThrownBy(() -> store.begin().add(List.of(elsewhere)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("Cannot find state/part.f32")
        .hasMessageContaining("that all hosts share");
  }

  @Test
  void verifyNamesTheFirstBrokenFile() throws IOException {
    version("first");
    version("second");
    Files.delete(root.resolve("v000001/encoder/a.txt"));
    overwrite(root.resolve("v000002/manifest.json"), "{");
    Verification verification = ModelStore.verify(root.toString(), HADOOP);
    assertThat(verification.firstBrokenFile()).isEqualTo("v000001/encoder/a.txt");
    assertThat(verification.versions())
        .containsExactly(
            new Verification.Version("v000001", "broken"),
            new Verification.Version("v000002", "broken"));
  }

  @Test
  void pruningKeepsTheNewestCheckpointsAndEveryFinishedVersion() throws IOException {
    version("finished");
    version("checkpoint");
    store.begin().file("encoder/a.txt", out -> out.write(1)); // its writer died
    version("checkpoint");
    version("checkpoint");
    store.prune(2, version -> text(version).equals("checkpoint"));
    assertThat(ModelStore.verify(root.toString(), HADOOP).versions())
        .extracting(Verification.Version::name)
        .containsExactly("v000001", "v000004", "v000005");
    assertThat(latest().orElseThrow().name()).isEqualTo("v000005");
  }

  private static String text(ModelVersion version) throws IOException {
    return version.read(
        "encoder/a.txt", in -> new String(in.readAllBytes(), StandardCharsets.UTF_8));
  }

  @Test
  void twoWritersGetTwoVersions() throws IOException {
    VersionWriter one = store.begin();
    VersionWriter two = ModelStore.at(root.toString(), HADOOP).begin();
    two.commit();
    one.commit();
    assertThat(one.name()).isEqualTo("v000001");
    assertThat(two.name()).isEqualTo("v000002");
    assertThat(latest().orElseThrow().name()).isEqualTo("v000002");
  }

  @Test
  void writerThatLostItsClaimCannotCommit() throws IOException {
    VersionWriter writer = store.begin();
    overwrite(root.resolve("v000001/_CLAIM"), "another");
    assertThatThrownBy(writer::commit)
        .isInstanceOf(BadModel.class)
        .hasMessageContaining("Lost version");
    assertThat(latest()).isEmpty();
  }

  @Test
  void fileIsWrittenOnce() throws IOException {
    VersionWriter writer = store.begin();
    writer.file("a", out -> {});
    assertThatThrownBy(() -> writer.file("a", out -> {}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("File written twice: a");
  }

  private Optional<ModelVersion> latest() throws IOException {
    return store.read(version -> version);
  }

  private static String name(Path uri) throws IOException {
    return ModelStore.read(uri.toString(), HADOOP, ModelVersion::name);
  }

  private ModelVersion version(String text) throws IOException {
    VersionWriter writer = store.begin();
    writer.file("encoder/a.txt", out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
    return writer.commit();
  }

  /**
   * Also drops the checksum file that Hadoop's local file system keeps: other file systems have
   * none.
   */
  private static void overwrite(Path file, String text) throws IOException {

    try (OutputStream out = Files.newOutputStream(file, StandardOpenOption.TRUNCATE_EXISTING)) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    }
  }
}
