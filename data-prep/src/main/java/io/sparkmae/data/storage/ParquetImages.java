package io.sparkmae.data.storage;

import io.sparkmae.data.image.BadData;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
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
  private final ParquetFileReader reader;
  private final ParquetColumns columns;

  /**
   * Opens the file and reads its footer.
   *
   * @param length length of the file in bytes
   * @throws BadData if the file has no column of images, or its codec is not here
   * @throws IOException if it is not a complete Parquet file
   */
  public ParquetImages(Path path, long length, Configuration conf) throws IOException {
    this.reader = open(path, length, conf);
    try {
      this.columns = ParquetColumns.of(reader.getFileMetaData().getSchema(), path);
      requireCodecs(path, conf);
    } catch (BadData e) {
      reader.close();
      throw e;
    }
    reader.setRequestedSchema(columns.schema());
  }

  /** A codec that is not installed is no damage: no row would be read, and no file is at fault. */
  private void requireCodecs(Path path, Configuration conf) {
    reader.getRowGroups().stream()
        .flatMap(block -> block.getColumns().stream())
        .filter(column -> columns.schema().containsField(column.getPath().toArray()[0]))
        .map(ColumnChunkMetaData::getCodec)
        .distinct()
        .forEach(codec -> requireCodec(codec, path, conf));
  }

  private static void requireCodec(CompressionCodecName codec, Path path, Configuration conf) {
    String name = codec.getHadoopCompressionCodecClassName();
    if (name != null && conf.getClassByNameOrNull(name) == null) {
      throw new BadData(
          "Cannot read %s: it is compressed with %s, for which there is no codec here (write it with zstd, snappy or gzip, or add the jar of %s)"
              .formatted(path, codec, name));
    }
  }

  /** Opens the file and reads its footer; gets the length from the file system. */
  public ParquetImages(Path path, Configuration conf) throws IOException {
    this(path, path.getFileSystem(conf).getFileStatus(path).getLen(), conf);
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
    return HuggingFaceFeatures.classes(metadata.getOrDefault(HuggingFaceFeatures.KEY, "{}"));
  }

  /**
   * Reads the images of one row group, as far as it can be read: see {@link EncodedRows#fault}.
   *
   * @throws IOException if no row can be read
   */
  public EncodedRows read(int rowGroup) throws IOException {
    int row = 0;
    EncodedRows read = null;
    try {
      PageReadStore pages = reader.readRowGroup(rowGroup);
      RecordReader<Group> records =
          new ColumnIOFactory()
              .getColumnIO(columns.schema())
              .getRecordReader(pages, new GroupRecordConverter(columns.schema()));
      int rows = Math.toIntExact(pages.getRowCount());
      read = new EncodedRows(new byte[rows][], new String[rows], new int[rows], "", rows);
      for (; row < rows; row++) {
        columns.fill(read, row, records.read());
      }
      return read;
    } catch (UncheckedIOException e) {
      throw e;
    } catch (RuntimeException | IOException e) { // decoding errors are unchecked
      if (row == 0) {
        throw new IOException("its pages are damaged: " + e.getMessage(), e);
      }
      return new EncodedRows(
          read.images(), read.paths(), read.labels(), "page damaged, " + e.getMessage(), row);
    }
  }

  /** Returns the labels of all rows; reads no image. */
  public int[] labels() throws IOException {
    int rows = Math.toIntExact(reader.getRecordCount());
    int[] labels = new int[rows];
    if (columns.label() == null) {
      Arrays.fill(labels, -1);
      return labels;
    }
    var only = new MessageType("labels", columns.label());
    reader.setRequestedSchema(only);
    int row = 0;
    for (int group = 0; group < reader.getRowGroups().size(); group++) {
      PageReadStore pages = reader.readRowGroup(group);
      RecordReader<Group> records =
          new ColumnIOFactory()
              .getColumnIO(only)
              .getRecordReader(pages, new GroupRecordConverter(only));
      for (long i = 0; i < pages.getRowCount(); i++) {
        labels[row++] = columns.label(records.read());
      }
    }
    reader.setRequestedSchema(columns.schema());
    return labels;
  }

  @Override
  public void close() throws IOException {
    reader.close();
  }
}
