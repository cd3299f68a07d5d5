package io.sparkmae.data.layout;

import io.sparkmae.data.image.BadData;
import io.sparkmae.data.storage.FaultyStorage;
import java.io.BufferedInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.Path;

/**
 * The bytes of a file from a position on. A gzip file is decompressed, and positions count
 * decompressed bytes.
 *
 * <p>A failure of the storage throws, so that the task is retried. Damaged bytes do not throw: they
 * end the input, and {@link #fault} says why.
 */
final class SourceInput implements AutoCloseable {
  private static final int BUFFER = 1 << 14;
  private static final int GZIP_HEADER = 4;

  private final FSDataInputStream file;
  private final boolean gzip;
  private final long length;
  private InputStream in;
  private long position;
  private long end;
  private long marked;
  private String fault = "";

  private SourceInput(FSDataInputStream file, boolean gzip, long length) {
    this.file = file;
    this.gzip = gzip;
    this.length = gzip ? Long.MAX_VALUE : length;
  }

  /**
   * Opens a whole file.
   *
   * @throws BadData if there is no such file
   */
  static SourceInput open(SourceFile source, Configuration conf) {
    return open(SourceUnit.of(source), 0, conf);
  }

  /**
   * Opens a range of a file at {@code start}, which may lie before the range. All of a gzip file
   * belongs to its first range; the others are empty.
   */
  static SourceInput open(SourceUnit unit, long start, Configuration conf) {
    SourceFile source = unit.file(0);
    try {
      FSDataInputStream file = FaultyStorage.open(new Path(source.uri()), conf);
      boolean gzip = isGzip(file.readNBytes(GZIP_HEADER));
      var input = new SourceInput(file, gzip, source.length());
      input.begin(gzip ? unit.start() : start);
      input.end = gzip ? Long.MAX_VALUE : unit.end();
      return input;
    } catch (FileNotFoundException e) {
      throw new BadData("Cannot read %s: it is not there any more".formatted(source.uri()), e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns whether the bytes are a gzip header, with method deflate and no reserved flag. */
  private static boolean isGzip(byte[] head) {
    return head.length == GZIP_HEADER
        && head[0] == 0x1f
        && head[1] == (byte) 0x8b
        && head[2] == 8
        && (head[3] & 0xe0) == 0;
  }

  private void begin(long start) throws IOException {
    file.seek(gzip && start == 0 ? 0 : Math.min(start, length));
    position = start;
    if (gzip && start > 0) {
      in = InputStream.nullInputStream();
    } else if (gzip) {
      in = new BufferedInputStream(new GzipCompressorInputStream(file, true), BUFFER);
    } else {
      in = new BufferedInputStream(file, BUFFER);
    }
  }

  long position() {
    return position;
  }

  /** Returns the position where the next range begins. */
  long end() {
    return end;
  }

  /** Returns why the input ended too early; empty if it did not. */
  String fault() {
    return fault;
  }

  /** Reads bytes until the array is full or the input ends; returns how many. */
  int read(byte[] bytes) {
    try {
      int count = in.readNBytes(bytes, 0, bytes.length);
      position += count;
      return count;
    } catch (IOException e) {
      fault = String.valueOf(e.getMessage());
      return 0;
    }
  }

  /** Skips bytes; returns false if the input ends before. */
  boolean skip(long count) {
    try {
      if (!gzip && count > BUFFER) {
        file.seek(Math.min(position + count, length));
        in = new BufferedInputStream(file, BUFFER);
        position += count;
      } else {
        in.skipNBytes(count);
        position += count;
      }
      return position <= length;
    } catch (IOException e) { // the end of the file is one of these too
      position = Math.min(position + count, length);
      return false;
    }
  }

  /** Makes {@link #reset} return to this position, for the next {@code limit} bytes. */
  void mark(int limit) {
    marked = position;
    in.mark(limit);
  }

  void reset() {
    try {
      in.reset();
      position = marked;
    } catch (IOException e) {
      throw new IllegalStateException("Nothing was marked", e);
    }
  }

  @Override
  public void close() {
    try {
      file.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
