package io.sparkmae.data;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkmae.data.image.RandomCrop;
import io.sparkmae.data.image.TestImages;
import io.sparkmae.data.image.View;
import io.sparkmae.data.layout.Sample;
import io.sparkmae.data.prepare.PreparedFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How often real row groups are loaded by readers that take turns, a minibatch each. */
class RowGroupLoadsTest {
  private static final View VIEW = new RandomCrop(16, 8, 1, 0, 0);
  private static final int ROW_GROUPS = 100;
  private static final int BATCH_SIZE = 4;

  @TempDir static Path directory;
  private static PreparedData data;

  /** Files of one row group, of one to nine rows. */
  @BeforeAll
  static void write() throws IOException {
    var conf = new Configuration();
    for (int file = 0, image = 0; file < ROW_GROUPS; file++) {
      var path = new org.apache.hadoop.fs.Path(directory.toString(), file + ".parquet");
      try (var out = new PreparedFile(path, List.of("noise"), conf)) {
        for (int i = 0; i <= file * 7 % 9; i++, image++) {
          out.add(Sample.image("image " + image, TestImages.jpeg(image % 20), 0));
          out.flush();
        }
        out.finish(path.getName());
      }
    }
    data = PreparedData.open(directory.toString(), conf);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4, 7})
  void isOnceEachAndOnceMoreAtABorder(int workers) {
    long loads = 0;
    long images = 0;
    List<PatchReader> readers = readers(workers);
    EpochPlan plan = EpochPlan.of(data.manifest(), 3, 1, workers);
    for (long at = 0; at * workers < data.rows(); at += BATCH_SIZE) {
      for (int worker = 0; worker < workers; worker++) {
        long end = data.rows() * (worker + 1) / workers;
        long from = Math.min(data.rows() * worker / workers + at, end);
        List<RowAddress> rows = plan.rows(from, Math.min(from + BATCH_SIZE, end));
        images += rows.isEmpty() ? 0 : readers.get(worker).read(rows, VIEW).size();
      }
    }
    for (PatchReader reader : readers) {
      loads += reader.loads();
      reader.close();
    }
    assertThat(images).isEqualTo(data.rows());
    assertThat(loads).isBetween((long) ROW_GROUPS, ROW_GROUPS + workers - 1L);
  }

  private static List<PatchReader> readers(int workers) {
    var readers = new ArrayList<PatchReader>();
    for (int worker = 0; worker < workers; worker++) {
      readers.add(new PatchReader(data, new Configuration()));
    }
    return readers;
  }
}
