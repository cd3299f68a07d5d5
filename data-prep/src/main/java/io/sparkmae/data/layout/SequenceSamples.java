package io.sparkmae.data.layout;

import io.sparkmae.data.storage.FaultyStorage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.io.BytesWritable;
import org.apache.hadoop.io.SequenceFile;
import org.apache.hadoop.io.Text;
import org.apache.hadoop.io.Writable;

/**
 * The records of a range of a sequence file: those after its first sync mark, up to the first mark
 * after its end. A block-compressed file is one range.
 *
 * <p>The key is {@code NAME}, {@code NAME\nLABEL} or {@code LABEL}; a label with a name may be a
 * word. A {@code BytesWritable} is an encoded image, and its label counts from 0. A {@code Text} is
 * BigDL's {@link RawBgr}, and its label counts from 1. After damage, reading continues at the next
 * sync mark.
 */
final class SequenceSamples implements AutoCloseable {
  private static final long MAX_RECORD = Layout.MAX_BYTES + (1 << 20);
  private static final int SYNC_HASH = 16;

  private final SourceFile file;
  private final FSDataInputStream in;
  private final TextLabels labels;
  private final Text key = new Text();
  private SequenceFile.Reader reader;
  private Writable value;
  private long end;
  private String fault = "";
  private boolean ended;
  private int number;

  SequenceSamples(SourceUnit unit, Map<String, Integer> labels, Configuration conf) {
    this.labels = new TextLabels(labels);
    this.file = unit.file(0);
    this.end = unit.end();
    try {
      this.in = FaultyStorage.open(new Path(file.uri()), conf);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    try {
      begin(unit.start(), conf);
    } catch (UncheckedIOException e) {
      close();
      throw e;
    } catch (IOException | RuntimeException e) { // a damaged header can cause either
      ended = unit.start() > 0;
      fault = "the file cannot be opened, " + e.getMessage();
    }
  }

  private void begin(long start, Configuration conf) throws IOException {
    reader =
        new SequenceFile.Reader(
            conf, SequenceFile.Reader.stream(in), SequenceFile.Reader.length(file.length()));
    boolean text = reader.getValueClassName().equals(Text.class.getName());
    boolean bytes = reader.getValueClassName().equals(BytesWritable.class.getName());
    if (!reader.getKeyClassName().equals(Text.class.getName()) || !text && !bytes) {
      throw new IOException(
          "it holds %s, %s (must be Text, and BytesWritable or Text)"
              .formatted(reader.getKeyClassName(), reader.getValueClassName()));
    }
    value = text ? new Text() : new BytesWritable();
    if (reader.isBlockCompressed()) {
      ended = start > 0;
      end = Long.MAX_VALUE;
    } else if (start > reader.getPosition()) {
      reader.sync(start);
    }
  }

  /** Returns the next image or reject; null at the end. */
  Sample next() {
    if (ended) {
      return null;
    }
    if (!fault.isEmpty()) {
      ended = true;
      return Layout.damaged(file, 0, fault);
    }
    long at = -1;
    try {
      at = reader.getPosition();
      ended = !advance(at);
      return ended ? null : sample(at);
    } catch (UncheckedIOException e) {
      throw e;
    } catch (IOException | RuntimeException e) { // damaged bytes can cause either
      resume(at);
      return Layout.damaged(file, at, "the record cannot be read, " + e.getMessage());
    }
  }

  /**
   * Moves to the next record. Returns false at the end of the file, or at the mark where the next
   * range begins.
   */
  private boolean advance(long at) throws IOException {
    if (!reader.isBlockCompressed()) {
      if (at >= file.length()) {
        return false;
      }
      int length = in.readInt();
      boolean mark = length == -1;
      if (mark && at >= end) {
        return false;
      }
      if (mark) {
        in.skipNBytes(SYNC_HASH);
        length = in.readInt();
      }
      requireLengths(length, in.readInt());
      reader.seek(at);
    }
    return reader.next(key, value);
  }

  /** Throws if a record's lengths are impossible: the reader would allocate them before reading. */
  private static void requireLengths(int record, int ofKey) throws IOException {
    if (ofKey < 0 || record < ofKey || record > MAX_RECORD) {
      throw new IOException("its key has %d of %d bytes".formatted(ofKey, record));
    }
  }

  private void resume(long at) {
    try {
      reader.sync(at + 1);
    } catch (IOException e) {
      ended = true;
    }
  }

  private Sample sample(long at) {
    String[] lines = key.toString().split("\n", 2);
    boolean onlyLabel = lines.length == 1 && isLabel(lines[0]);
    String label = onlyLabel ? lines[0] : lines.length == 2 ? lines[1].strip() : "";
    String place = file.name() + "@" + (reader.isBlockCompressed() ? "#" + number++ : at);
    String name = onlyLabel || lines[0].isEmpty() ? place : place + "/" + lines[0];
    int fromOne = value instanceof Text ? 1 : 0;
    int rank =
        !isLabel(label)
            ? labels.number(label)
            : Math.max(-1, (int) Float.parseFloat(label) - fromOne);
    return image(name, rank);
  }

  /** Returns the labels read so far that are words. */
  Set<String> words() {
    return labels.words();
  }

  private static boolean isLabel(String text) {
    return text.matches("-1|\\d{1,7}(\\.0*)?");
  }

  private Sample image(String name, int label) {
    if (value instanceof Text raw) {
      return RawBgr.sample(name, Arrays.copyOf(raw.getBytes(), raw.getLength()), label);
    }
    return Sample.image(name, ((BytesWritable) value).copyBytes(), label);
  }

  @Override
  public void close() {
    try {
      in.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
