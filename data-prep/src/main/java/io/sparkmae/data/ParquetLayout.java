package io.sparkmae.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * Hugging Face Parquet; one task reads one file.
 *
 * <p>Keys are {@code FILE#ROW/PATH}, because many such data sets give the same path to different
 * images.
 */
record ParquetLayout() implements Layout {
  static final String NAME = "parquet";

  private static final long serialVersionUID = 1L;

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public boolean accepts(SourceFile file) {
    return file.extension().equals("parquet");
  }

  @Override
  public List<SourceUnit> units(Inputs inputs) {
    return inputs.files().stream().map(SourceUnit::of).toList();
  }

  @Override
  public List<String> classes(Inputs inputs, Configuration conf) {
    SourceFile first = inputs.files().get(0);
    try (var images = open(first, conf)) {
      return images.classes();
    } catch (IOException e) {
      throw unreadable(first, e);
    }
  }

  @Override
  public Stream<Sample> read(SourceUnit unit, Configuration conf) {
    SourceFile file = unit.file(0);
    ParquetImages images;
    try {
      images = open(file, conf);
    } catch (IOException e) {
      throw unreadable(file, e);
    }
    int[] starts = starts(images);
    return IntStream.range(0, starts.length)
        .boxed()
        .flatMap(group -> rows(file, images, group, starts[group]))
        .onClose(() -> close(images));
  }

  private static ParquetImages open(SourceFile file, Configuration conf) throws IOException {
    return new ParquetImages(new Path(file.uri()), conf);
  }

  private static int[] starts(ParquetImages images) {
    int[] rows = images.rowGroups().stream().mapToInt(Manifest.RowGroup::rows).toArray();
    int start = 0;
    for (int i = 0; i < rows.length; i++) {
      int count = rows[i];
      rows[i] = start;
      start += count;
    }
    return rows;
  }

  private static Stream<Sample> rows(SourceFile file, ParquetImages images, int group, int start) {
    try {
      EncodedRows rows = images.read(group);
      return IntStream.range(0, rows.size())
          .mapToObj(i -> sample(rows, i, file.name() + "#" + (start + i)));
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  private static Sample sample(EncodedRows rows, int i, String name) {
    String key = rows.paths()[i] == null ? name : name + "/" + rows.paths()[i];
    byte[] bytes = rows.images()[i];
    if (bytes == null) {
      return Sample.reject(key, RejectReason.NO_BYTES, "image.bytes is null");
    }
    return Sample.image(key, bytes, rows.labels()[i]);
  }

  private static BadData unreadable(SourceFile file, IOException e) {
    return new BadData("Cannot read %s: %s".formatted(file.uri(), e.getMessage()), e);
  }

  private static void close(ParquetImages images) {
    try {
      images.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
