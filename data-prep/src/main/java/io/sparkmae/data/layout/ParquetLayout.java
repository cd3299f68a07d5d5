package io.sparkmae.data.layout;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.sparkmae.data.image.BadData;
import io.sparkmae.data.image.RejectReason;
import io.sparkmae.data.storage.ColumnNames;
import io.sparkmae.data.storage.EncodedRow;
import io.sparkmae.data.storage.EncodedRows;
import io.sparkmae.data.storage.ParquetImages;
import io.sparkmae.data.storage.RowGroup;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * Parquet with a column of images, found by {@link ColumnNames}; a row group is read by one task.
 *
 * <p>Keys are {@code FILE#ROW/PATH}, with {@code ROW.INDEX} for lists of images, because many such
 * data sets give the same path to different images.
 */
public record ParquetLayout(ColumnNames columns, Map<String, Integer> labels) implements Layout {
  public static final String NAME = "parquet";

  private static final long serialVersionUID = 1L;

  public ParquetLayout() {
    this(ColumnNames.FOUND, Map.of());
  }

  @Override
  public Layout withColumns(ColumnNames named) {
    return new ParquetLayout(named, labels);
  }

  @Override
  public Layout withClasses(List<String> classes) {
    return new ParquetLayout(columns, TextLabels.numbers(classes));
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public boolean accepts(SourceFile file) {
    return file.extension().equals("parquet");
  }

  @Override
  public boolean recognises(byte[] head) {
    return head.length > 4 && new String(head, 0, 4, ISO_8859_1).equals("PAR1");
  }

  @Override
  public List<String> classes(Inputs inputs, Configuration conf) {
    for (SourceFile file : inputs.files()) {
      try (var images = open(file, conf)) {
        if (!images.note().isEmpty()) {
          System.err.printf(
              "prepare: %s %s; images have no labels (--label-column names a column)%n",
              file.name(), images.note());
        }
        return images.classes();
      } catch (FileNotFoundException e) {
        throw new BadData("Cannot read %s: it is not there any more".formatted(file.uri()), e);
      } catch (IOException e) {
        continue; // damaged: reading it reports that
      }
    }
    return List.of();
  }

  @Override
  public Stream<Sample> read(SourceUnit unit, Configuration conf) {
    SourceFile file = unit.file(0);
    ParquetImages images;
    try {
      images = open(file, conf);
    } catch (IOException e) {
      return unit.start() > 0 ? Stream.of() : Stream.of(Layout.damaged(file, 0, e.getMessage()));
    }
    int[] starts = starts(images);
    return IntStream.range(0, starts.length)
        .filter(group -> isIn(unit, images.rowGroups().get(group)))
        .boxed()
        .flatMap(group -> rows(file, images, group, starts[group]))
        .onClose(() -> close(images));
  }

  private static boolean isIn(SourceUnit unit, RowGroup group) {
    return group.offset() >= unit.start() && group.offset() < unit.end();
  }

  private ParquetImages open(SourceFile file, Configuration conf) throws IOException {
    return new ParquetImages(new Path(file.uri()), file.length(), columns, conf);
  }

  private static int[] starts(ParquetImages images) {
    int[] rows = images.rowGroups().stream().mapToInt(RowGroup::rows).toArray();
    int start = 0;
    for (int i = 0; i < rows.length; i++) {
      int count = rows[i];
      rows[i] = start;
      start += count;
    }
    return rows;
  }

  private Stream<Sample> rows(SourceFile file, ParquetImages images, int group, int start) {
    int count = images.rowGroups().get(group).rows();
    try {
      EncodedRows rows = images.read(group);
      return Stream.concat(
          rows.images().stream().map(row -> sample(row, key(file, start + row.row()))),
          lost(file, start + rows.whole(), start + count, rows.fault()));
    } catch (IOException e) {
      return lost(file, start, start + count, e.getMessage());
    }
  }

  private static Stream<Sample> lost(SourceFile file, int from, int to, String why) {
    return IntStream.range(from, to)
        .mapToObj(row -> Sample.reject(key(file, row), RejectReason.DAMAGED, why));
  }

  private static String key(SourceFile file, int row) {
    return file.name() + "#" + row;
  }

  private Sample sample(EncodedRow row, String name) {
    String place = row.index() < 0 ? name : name + "." + row.index();
    String key = row.path() == null ? place : place + "/" + row.path();
    if (row.image() == null) {
      return Sample.reject(key, RejectReason.NO_BYTES, "image.bytes is null");
    }
    if (row.image().length > MAX_BYTES) {
      return Layout.tooLarge(key, row.image().length);
    }
    return Sample.image(
        key,
        row.image(),
        row.word() == null ? row.label() : new TextLabels(labels).number(row.word()));
  }

  @Override
  public Set<String> words(SourceUnit unit, int most, Configuration conf) {
    var found = new TextLabels(Map.of());
    if (unit.isMissing()) {
      return Set.of();
    }
    try (ParquetImages images = open(unit.file(0), conf)) {
      List<RowGroup> groups = images.rowGroups();
      for (int group = 0, rows = 0; group < groups.size() && rows < most; group++) {
        if (isIn(unit, groups.get(group))) {
          images.words(group).forEach(found::number);
          rows += groups.get(group).rows();
        }
      }
    } catch (IOException e) {
      return found.words(); // damaged: reading it reports that
    }
    return found.words();
  }

  private static void close(ParquetImages images) {
    try {
      images.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
