package io.sparkmae.data;

import io.sparkmae.data.Manifest.RowGroup;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.convert.GroupRecordConverter;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.metadata.BlockMetaData;
import org.apache.parquet.hadoop.util.HadoopInputFile;
import org.apache.parquet.io.ColumnIOFactory;
import org.apache.parquet.io.RecordReader;
import org.apache.parquet.schema.GroupType;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type;

/**
 * One Parquet file of images in the Hugging Face layout: {@code image: struct<bytes, path>}, {@code
 * label}; other columns are not read.
 */
final class ParquetImages implements AutoCloseable {
  private static final String IMAGE = "image";
  private static final String BYTES = "bytes";
  private static final String PATH = "path";
  private static final String LABEL = "label";

  private final ParquetFileReader reader;
  private final MessageType schema;
  private final boolean named;
  private final boolean labelled;

  /**
   * Reads the footer.
   *
   * @throws BadData if the file has no column image.bytes
   */
  ParquetImages(Path path, Configuration conf) throws IOException {
    this.reader = open(path, conf);
    MessageType found = reader.getFileMetaData().getSchema();
    if (!hasImages(found)) {
      reader.close();
      throw new BadData(
          "Cannot read %s: no column image.bytes (must be Hugging Face Parquet: image struct<bytes, path>, label)"
              .formatted(path));
    }
    this.named = found.containsPath(new String[] {IMAGE, PATH});
    this.labelled = found.containsField(LABEL) && isInteger(found.getType(LABEL));
    this.schema = projection(found);
    reader.setRequestedSchema(schema);
  }

  private static ParquetFileReader open(Path path, Configuration conf) throws IOException {
    try {
      return ParquetFileReader.open(HadoopInputFile.fromPath(path, conf));
    } catch (RuntimeException e) {
      // parquet-hadoop says by a bare RuntimeException that a file is no Parquet
      throw new BadData("Cannot read %s: it is not a whole Parquet file".formatted(path), e);
    }
  }

  private static boolean hasImages(MessageType schema) {
    return schema.containsPath(new String[] {IMAGE, BYTES})
        && schema.getType(IMAGE, BYTES).asPrimitiveType().getPrimitiveTypeName()
            == PrimitiveTypeName.BINARY;
  }

  private static boolean isInteger(Type type) {
    return type.isPrimitive()
        && (type.asPrimitiveType().getPrimitiveTypeName() == PrimitiveTypeName.INT64
            || type.asPrimitiveType().getPrimitiveTypeName() == PrimitiveTypeName.INT32);
  }

  private MessageType projection(MessageType found) {
    GroupType image = found.getType(IMAGE).asGroupType();
    GroupType kept =
        named
            ? image.withNewFields(image.getType(BYTES), image.getType(PATH))
            : image.withNewFields(image.getType(BYTES));
    return labelled
        ? new MessageType(found.getName(), kept, found.getType(LABEL))
        : new MessageType(found.getName(), kept);
  }

  /** Where the row groups lie. */
  List<RowGroup> rowGroups() {
    return rowGroups(reader.getRowGroups());
  }

  static List<RowGroup> rowGroups(List<BlockMetaData> blocks) {
    return blocks.stream()
        .map(
            block ->
                new RowGroup(
                    block.getStartingPos(),
                    block.getTotalByteSize(),
                    Math.toIntExact(block.getRowCount())))
        .toList();
  }

  /** Class names from the footer, by label; empty when it has none. */
  List<String> classes() {
    Map<String, String> metadata = reader.getFileMetaData().getKeyValueMetaData();
    return HuggingFaceFeatures.classes(metadata.getOrDefault(HuggingFaceFeatures.KEY, "{}"));
  }

  /** The images of one row group. */
  EncodedRows read(int rowGroup) throws IOException {
    try {
      PageReadStore pages = reader.readRowGroup(rowGroup);
      RecordReader<Group> records =
          new ColumnIOFactory()
              .getColumnIO(schema)
              .getRecordReader(pages, new GroupRecordConverter(schema));
      int rows = Math.toIntExact(pages.getRowCount());
      var read = new EncodedRows(new byte[rows][], new String[rows], new int[rows]);
      for (int row = 0; row < rows; row++) {
        fill(read, row, records.read());
      }
      return read;
    } catch (RuntimeException e) {
      // parquet-hadoop's decoding errors are unchecked
      throw new IOException("its pages are damaged: " + e.getMessage(), e);
    }
  }

  private void fill(EncodedRows rows, int row, Group record) {
    rows.labels()[row] = labelled ? label(record) : -1;
    if (record.getFieldRepetitionCount(IMAGE) == 0) {
      return;
    }
    Group image = record.getGroup(IMAGE, 0);
    if (image.getFieldRepetitionCount(BYTES) > 0) {
      rows.images()[row] = image.getBinary(BYTES, 0).getBytes();
    }
    if (named && image.getFieldRepetitionCount(PATH) > 0) {
      rows.paths()[row] = image.getString(PATH, 0);
    }
  }

  private int label(Group record) {
    if (record.getFieldRepetitionCount(LABEL) == 0) {
      return -1;
    }
    boolean wide =
        schema.getType(LABEL).asPrimitiveType().getPrimitiveTypeName() == PrimitiveTypeName.INT64;
    long label = wide ? record.getLong(LABEL, 0) : record.getInteger(LABEL, 0);
    return Math.max(-1, Math.toIntExact(label));
  }

  @Override
  public void close() throws IOException {
    reader.close();
  }
}
