package io.sparkmae.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkmae.data.image.BadData;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import org.junit.jupiter.api.Test;

class ManifestTest {
  private final Manifest manifest = EpochPlanTest.manifest(50, 8, 1000);

  @Test
  void jsonGivesItBack() {
    assertThat(Manifest.fromJson(manifest.toJson())).isEqualTo(manifest);
  }

  /** Runs recognise their data by this text, so what is newer must not be in older data's. */
  @Test
  void nothingSkippedIsNotWritten() {
    assertThat(manifest.toJson()).doesNotContain("skipped", "oriented").doesNotContain("met\"");
    assertThat(manifest.toJson()).doesNotContain("unlabelled");
  }

  @Test
  void theAccountIsASentence() {
    assertThat(manifest.account()).isEqualTo("50 rows; rejects: EMPTY 2; skipped by rule: none");
    assertThat(manifest.counted(53, 7).account())
        .startsWith("50 rows, 7 of them without a label; ")
        .endsWith("; 53 files and members met in all");
    assertThat(Manifest.fromJson(manifest.counted(53, 7).toJson()).met()).isEqualTo(53);
  }

  @Test
  void closuresCarryIt() throws Exception {
    var out = new ByteArrayOutputStream();
    new ObjectOutputStream(out).writeObject(manifest);
    Object back = new ObjectInputStream(new ByteArrayInputStream(out.toByteArray())).readObject();
    assertThat(back).isEqualTo(manifest);
  }

  @Test
  void refusesAnotherFormatVersion() {
    assertThatThrownBy(() -> Manifest.fromJson("{\"formatVersion\": 2}"))
        .isInstanceOf(BadData.class)
        .hasMessage("Cannot read manifest: format version 2 (must be 1; prepare the data again)");
  }

  @Test
  void refusesWhatIsNoManifest() {
    assertThatThrownBy(() -> Manifest.fromJson("<html>"))
        .isInstanceOf(BadData.class)
        .hasMessage("Cannot read manifest: it is not the JSON that prepare writes");
  }
}
