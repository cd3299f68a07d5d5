package io.sparkmae.data.storage;

import io.sparkmae.data.image.BadData;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.ParquetReadOptions;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.convert.GroupRecordConverter;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.metadata.BlockMetaData;
import org.apache.parquet.hadoop.metadata.ColumnChunkMetaData;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.io.ColumnIOFactory;
import org.apache.parquet.io.RecordReader;
import org.apache.parquet.schema.MessageType;

/** A Parquet file of images; only the columns that {@link ParquetColumns} finds are read. */
public final class ParquetImages implements AutoCloseable {
  private final Path path;
  private final ParquetFileReader reader;
  private final ParquetColumns columns;

  /**
   * Opens the file and reads its footer.
   *
   * @param length length of the file in bytes
   * @throws BadData if the file has no column of images
   * @throws MissingCodec if it is compressed with a codec that is not here
   * @throws IOException if it is not a complete Parquet file
   */
  public ParquetImages(Path path, long length, ColumnNames names, Configuration conf)
      throws IOException {
    this.path = path;
    this.reader = open(path, length, conf);
    try {
      this.columns = ParquetColumns.of(reader.getFileMetaData().getSchema(), names, path);
      requireCodecs(conf);
    } catch (BadData | MissingCodec e) {
      reader.close();
      throw e;
    }
    reader.setRequestedSchema(columns.schema());
  }

  /** A codec that is not installed is no damage: no row would be read, and no file is at fault. */
  private void requireCodecs(Configuration conf) {
    reader.getRowGroups().stream()
        .flatMap(block -> block.getColumns().stream())
        .filter(column -> columns.schema().containsField(column.getPath().toArray()[0]))
        .map(ColumnChunkMetaData::getCodec)
        .distinct()
        .forEach(codec -> requireCodec(codec, conf));
  }

  private void requireCodec(CompressionCodecName codec, Configuration conf) {
    String name = codec.getHadoopCompressionCodecClassName();
    if (name != null && conf.getClassByNameOrNull(name) == null) {
      throw new MissingCodec(
          "Cannot read %s: it is compressed with %s, for which there is no codec here (write it with zstd, snappy or gzip, or add the jar of %s)"
              .formatted(path, codec, name));
    }
  }

  /**
   * Opens a file with one image a row, and reads its footer; finds its columns, and gets its length
   * from the file system.
   *
   * @throws BadData if rows have lists of images
   */
  public ParquetImages(Path path, Configuration conf) throws IOException {
    this(path, path.getFileSystem(conf).getFileStatus(path).getLen(), ColumnNames.FOUND, conf);
    if (columns.image().isRepeated()) {
      reader.close();
      throw new BadData(
          "Cannot read %s: its column %s has lists of images (run prepare, which makes a row of each)"
              .formatted(path, columns.image().column().get(0)));
    }
  }

  private static ParquetFileReader open(Path path, long length, Configuration conf)
      throws IOException {
    try {
      return ParquetFileReader.open(
          FaultyStorage.parquet(path, length, conf),
          ParquetReadOptions.builder().usePageChecksumVerification().build());
    } catch (UncheckedIOException | FileNotFoundException e) {
      throw e;
    } catch (RuntimeException | IOException e) { // parquet-hadoop throws plain RuntimeExceptions
      throw new IOException("it is not a whole Parquet file", e);
    }
  }

  /** Returns the row groups, in order of offset. */
  public List<RowGroup> rowGroups() {
    return rowGroups(reader.getRowGroups());
  }

  public static List<RowGroup> rowGroups(List<BlockMetaData> blocks) {
    return blocks.stream()
        .map(
            block ->
                new RowGroup(
                    block.getStartingPos(),
                    block.getTotalByteSize(),
                    Math.toIntExact(block.getRowCount())))
        .toList();
  }

  /** Returns the class names from the footer, by label; empty if it has none. */
  public List<String> classes() {
    Map<String, String> metadata = reader.getFileMetaData().getKeyValueMetaData();
    return HuggingFaceFeatures.classes(
        metadata.getOrDefault(HuggingFaceFeatures.KEY, "{}"), columns.label().column());
  }

  /** Returns why the file has no labels, for the user; empty if it has. */
  public String note() {
    return columns.label().note();
  }

  /**
   * Reads the images of one row group, as far as it can be read: see {@link EncodedRows#fault}.
   *
   * @throws IOException if no row can be read
   */
  public EncodedRows read(int rowGroup) throws IOException {
    int row = 0;
    var images = new ArrayList<EncodedRow>();
    try {
      PageReadStore pages = reader.readRowGroup(rowGroup);
      RecordReader<Group> records = records(pages, columns.schema());
      for (; row < pages.getRowCount(); row++) {
        columns.fill(images, row, records.read());
      }
      return new EncodedRows(images, "", row);
    } catch (UncheckedIOException e) {
      throw e;
    } catch (LinkageError e) {
      throw new MissingCodec(
          "Cannot read %s: the native library of its codec is missing here, %s (write it with gzip)"
              .formatted(path, e.getMessage()),
          e);
    } catch (RuntimeException | IOException e) { // decoding errors are unchecked
      if (row == 0) {
        throw new IOException("its pages are damaged: " + e.getMessage(), e);
      }
      int whole = row;
      images.removeIf(image -> image.row() >= whole); // of a list that was begun
      return new EncodedRows(images, "page damaged, " + e.getMessage(), whole);
    }
  }

  private static RecordReader<Group> records(PageReadStore pages, MessageType schema) {
    return new ColumnIOFactory()
        .getColumnIO(schema)
        .getRecordReader(pages, new GroupRecordConverter(schema));
  }

  /** Returns the labels of all rows; reads no image. */
  public int[] labels() throws IOException {
    int[] labels = new int[Math.toIntExact(reader.getRecordCount())];
    Arrays.fill(labels, -1);
    int[] row = {0};
    for (int group = 0; group < reader.getRowGroups().size(); group++) {
      labels(group, record -> labels[row[0]++] = columns.label().number(record));
    }
    return labels;
  }

  /** Returns the labels of a row group that are text, each once; reads no image. */
  public Set<String> words(int rowGroup) throws IOException {
    Set<String> words = new TreeSet<>();
    if (columns.label().isText(columns.schema())) {
      labels(
          rowGroup,
          record -> {
            String word = columns.label().word(record);
            if (word != null) {
              words.add(word);
            }
          });
    }
    return words;
  }

  private void labels(int rowGroup, Consumer<Group> each) throws IOException {
    if (!columns.label().isThere()) {
      return;
    }
    MessageType only = columns.label().alone(columns.schema());
    reader.setRequestedSchema(only);
    PageReadStore pages = reader.readRowGroup(rowGroup);
    RecordReader<Group> records = records(pages, only);
    for (long i = 0; i < pages.getRowCount(); i++) {
      each.accept(records.read());
    }
    reader.setRequestedSchema(columns.schema());
  }

  @Override
  public void close() throws IOException {
    reader.close();
  }
}
