package io.sparkmae.data.prepare;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkmae.data.Manifest.DataFile;
import io.sparkmae.data.layout.Sample;
import io.sparkmae.data.storage.EncodedRow;
import io.sparkmae.data.storage.ParquetImages;
import io.sparkmae.data.storage.RowGroup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PreparedFileTest {
  private final Configuration conf = new Configuration();

  @TempDir Path dir;

  /**
   * Another JVM must write the same file; only another version of Parquet may change this number.
   */
  @Test
  void theSameRowsGiveTheSameFileInEveryJvm() throws IOException {
    DataFile file = write(3, 1000);

    assertThat(file.sha256())
        .isEqualTo("442a4fb288e08514efc1a14ea219ae7f738beffed1d6d19824d16cda79fd9c2a");
  }

  @Test
  void manifestDescribesTheFile() throws Exception {
    DataFile file = write(3, 1000);
    byte[] bytes = Files.readAllBytes(dir.resolve("x.parquet"));

    assertThat(file.bytes()).isEqualTo(bytes.length);
    byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
    assertThat(file.sha256()).isEqualTo(HexFormat.of().formatHex(digest));
  }

  @Test
  void rowGroupsAreOf32MiBOrTwoShareWhatIsLeft() throws IOException {
    DataFile file = write(75, 1 << 20);

    assertThat(file.rowGroups()).extracting(RowGroup::rows).containsExactly(32, 22, 21);
    try (var images = new ParquetImages(path(), conf)) {
      assertThat(images.rowGroups()).isEqualTo(file.rowGroups());
      assertThat(images.classes()).containsExactly("cat", "dog");
      EncodedRow last = images.read(2).images().get(20);
      assertThat(last.path()).isEqualTo("key 74");
      assertThat(last.label()).isEqualTo(73);
      assertThat(last.image()).isEqualTo(image(74, 1 << 20));
    }
  }

  private DataFile write(int rows, int size) throws IOException {
    try (var file = new PreparedFile(path(), List.of("cat", "dog"), conf)) {
      for (int i = 0; i < rows; i++) {
        file.add(Sample.image("key " + i, image(i, size), i - 1));
        file.flush();
      }
      return file.finish("x.parquet");
    }
  }

  private static byte[] image(int number, int size) {
    byte[] bytes = new byte[size];
    for (int i = 0; i < size; i++) {
      bytes[i] = (byte) (number + i * i);
    }
    return bytes;
  }

  private org.apache.hadoop.fs.Path path() {
    return new org.apache.hadoop.fs.Path(dir.toString(), "x.parquet");
  }
}
