package io.sparkmae.data.prepare;

import io.sparkmae.data.Manifest.DataFile;
import io.sparkmae.data.layout.Sample;
import io.sparkmae.data.storage.HuggingFaceFeatures;
import io.sparkmae.data.storage.ParquetImages;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.Encoding;
import org.apache.parquet.column.ParquetProperties;
import org.apache.parquet.column.statistics.Statistics;
import org.apache.parquet.hadoop.ParquetFileWriter;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.MessageTypeParser;

/**
 * One file of prepared data being written: Hugging Face Parquet, plain and uncompressed, one page
 * per column and row group.
 *
 * <p>The pages are laid out here because parquet-hadoop's own row writer lists a column's encodings
 * in the order of a hash set, which differs between JVMs. Pages of version 2 have a single
 * encoding.
 */
public final class PreparedFile implements AutoCloseable {
  /** The size of a row group in memory, about 300 photographs; one task reads it at once. */
  private static final long ROW_GROUP_BYTES = 32L << 20;

  private static final MessageType SCHEMA =
      MessageTypeParser.parseMessageType(
          """
          message images {
            optional group image {
              optional binary bytes;
              optional binary path (STRING);
            }
            optional int64 label;
          }
          """);

  private final HashedFile file;
  private final ParquetFileWriter writer;
  private final Map<String, String> metadata;
  private final Column bytes = new Column("image", "bytes");
  private final Column paths = new Column("image", "path");
  private final Column labels = new Column("label");
  private final List<Sample> pending = new ArrayList<>();
  private long buffered;

  public PreparedFile(Path path, List<String> classes, Configuration conf) throws IOException {
    this.metadata = Map.of(HuggingFaceFeatures.KEY, HuggingFaceFeatures.of(classes));
    this.file = new HashedFile(path, conf);
    this.writer =
        new ParquetFileWriter(
            file,
            SCHEMA,
            ParquetFileWriter.Mode.OVERWRITE,
            ROW_GROUP_BYTES,
            0,
            ParquetProperties.DEFAULT_COLUMN_INDEX_TRUNCATE_LENGTH,
            ParquetProperties.DEFAULT_STATISTICS_TRUNCATE_LENGTH,
            ParquetProperties.DEFAULT_PAGE_WRITE_CHECKSUM_ENABLED);
    writer.start();
  }

  /** The values of one column of the row group that is being filled. */
  private static final class Column {
    private final ColumnDescriptor descriptor;
    private final List<BytesInput> values = new ArrayList<>();
    private Statistics<?> statistics;

    Column(String... path) {
      this.descriptor = SCHEMA.getColumnDescription(path);
      clear();
    }

    void add(Binary value) {
      statistics.updateStats(value);
      values.add(BytesInput.fromInt(value.length()));
      values.add(BytesInput.from(value.getBytesUnsafe()));
    }

    void add(long value) {
      statistics.updateStats(value);
      byte[] plain = new byte[Long.BYTES];
      ByteBuffer.wrap(plain).order(ByteOrder.LITTLE_ENDIAN).putLong(value);
      values.add(BytesInput.from(plain));
    }

    public void write(ParquetFileWriter writer, int rows) throws IOException {
      BytesInput data = BytesInput.concat(values);
      writer.startColumn(descriptor, rows, CompressionCodecName.UNCOMPRESSED);
      writer.writeDataPageV2(
          rows,
          0,
          rows,
          BytesInput.empty(),
          allPresent(rows),
          Encoding.PLAIN,
          data,
          Math.toIntExact(data.size()),
          statistics);
      writer.endColumn();
      clear();
    }

    /** Returns the definition levels of rows without a null: one run of the highest level. */
    private BytesInput allPresent(int rows) {
      byte[] level = {(byte) descriptor.getMaxDefinitionLevel()};
      return BytesInput.concat(BytesInput.fromUnsignedVarInt(rows << 1), BytesInput.from(level));
    }

    private void clear() {
      values.clear();
      statistics = Statistics.createStats(descriptor.getPrimitiveType());
    }
  }

  /** Adds an image, in memory; {@link #flush} follows. */
  public void add(Sample image) {
    buffered += image.bytes().length;
    pending.add(image);
  }

  /**
   * Writes a row group once half of the next one has arrived, so that no row group is small.
   *
   * @throws IOException if storage fails, which is no image's fault
   */
  public void flush() throws IOException {
    if (buffered >= ROW_GROUP_BYTES + ROW_GROUP_BYTES / 2) {
      writeRowGroup(ROW_GROUP_BYTES);
    }
  }

  /** Writes a row group of pending images with at least this many bytes in total. */
  private void writeRowGroup(long atLeast) throws IOException {
    long taken = 0;
    int rows = 0;
    while (rows < pending.size() && taken < atLeast) {
      Sample image = pending.get(rows++);
      taken += image.bytes().length;
      bytes.add(Binary.fromConstantByteArray(image.bytes()));
      paths.add(Binary.fromString(image.key()));
      labels.add(image.label());
    }
    writer.startBlock(rows);
    bytes.write(writer, rows);
    paths.write(writer, rows);
    labels.write(writer, rows);
    writer.endBlock();
    pending.subList(0, rows).clear();
    buffered -= taken;
  }

  /** Completes the file; returns its description. */
  public DataFile finish(String name) throws IOException {
    if (buffered > ROW_GROUP_BYTES) {
      writeRowGroup(buffered / 2);
    }
    if (!pending.isEmpty()) {
      writeRowGroup(buffered + 1);
    }
    writer.end(metadata);
    return new DataFile(
        name,
        file.length(),
        file.sha256(),
        ParquetImages.rowGroups(writer.getFooter().getBlocks()));
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
