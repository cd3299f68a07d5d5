package io.sparkmae.data.storage;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.BufferedFSInputStream;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSInputStream;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.hadoop.util.HadoopStreams;
import org.apache.parquet.io.InputFile;
import org.apache.parquet.io.SeekableInputStream;

/**
 * Separates failures of the storage from damaged bytes: exceptions of the storage become unchecked,
 * so an {@link IOException} of a format reader is always about the bytes.
 *
 * <p>Damaged bytes are lost and counted. After a failure of the storage the task must be retried,
 * or good images would be lost.
 */
public final class FaultyStorage extends FSInputStream {
  private static final int BUFFER = 1 << 16;

  private final FSDataInputStream file;

  private FaultyStorage(FSDataInputStream file) {
    this.file = file;
  }

  /**
   * Opens a file.
   *
   * @throws IOException if there is no such file, or it cannot be opened
   */
  public static FSDataInputStream open(Path path, Configuration conf) throws IOException {
    var file = new FaultyStorage(HadoopFiles.open(path, conf));
    return new FSDataInputStream(new BufferedFSInputStream(file, BUFFER));
  }

  /**
   * Returns a file for Parquet's readers, which opens it through this class; {@code length} is the
   * file's length in bytes.
   */
  static InputFile parquet(Path path, long length, Configuration conf) {
    return new InputFile() {
      @Override
      public long getLength() {
        return length;
      }

      @Override
      public SeekableInputStream newStream() throws IOException {
        return HadoopStreams.wrap(open(path, conf));
      }

      @Override
      public String toString() {
        return path.toString();
      }
    };
  }

  @FunctionalInterface
  private interface Call<T> {
    T run() throws IOException;
  }

  private static <T> T unchecked(Call<T> call) throws EOFException {
    try {
      return call.run();
    } catch (EOFException e) { // a position that damaged bytes gave
      throw e;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public int read() throws IOException {
    return unchecked(file::read);
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    return unchecked(() -> file.read(bytes, offset, length));
  }

  @Override
  public void seek(long position) throws IOException {
    unchecked(
        () -> {
          file.seek(position);
          return null;
        });
  }

  @Override
  public long getPos() throws IOException {
    return unchecked(file::getPos);
  }

  @Override
  public boolean seekToNewSource(long position) throws IOException {
    return unchecked(() -> file.seekToNewSource(position));
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
