package io.sparkmae.data.prepare;

import java.io.IOException;
import java.io.OutputStream;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import org.apache.commons.codec.binary.Hex;
import org.apache.commons.codec.digest.DigestUtils;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.io.OutputFile;
import org.apache.parquet.io.PositionOutputStream;

/** A Parquet file that is hashed as it is written, so that it need not be read again. */
final class HashedFile implements OutputFile, AutoCloseable {
  private final Path path;
  private final Configuration conf;
  private final MessageDigest digest = DigestUtils.getSha256Digest();
  private long length;
  private OutputStream stream;

  HashedFile(Path path, Configuration conf) {
    this.path = path;
    this.conf = conf;
  }

  /** Returns the SHA-256 of the closed file in hexadecimal; may be called once. */
  String sha256() {
    return Hex.encodeHexString(digest.digest());
  }

  /** Returns the number of bytes written. */
  long length() {
    return length;
  }

  @Override
  public PositionOutputStream create(long blockSizeHint) throws IOException {
    return createOrOverwrite(blockSizeHint);
  }

  @Override
  public PositionOutputStream createOrOverwrite(long blockSizeHint) throws IOException {
    stream = new DigestOutputStream(path.getFileSystem(conf).create(path, true), digest);
    return new Counted(stream);
  }

  private final class Counted extends PositionOutputStream {
    private final OutputStream hashed;

    Counted(OutputStream hashed) {
      this.hashed = hashed;
    }

    @Override
    public long getPos() {
      return length;
    }

    @Override
    public void write(int b) throws IOException {
      hashed.write(b);
      length++;
    }

    @Override
    public void write(byte[] bytes, int offset, int count) throws IOException {
      hashed.write(bytes, offset, count);
      length += count;
    }

    @Override
    public void flush() throws IOException {
      hashed.flush();
    }

    @Override
    public void close() throws IOException {
      hashed.close();
    }
  }

  /** Closes the file, if it is still open. */
  @Override
  public void close() throws IOException {
    if (stream != null) {
      stream.close();
    }
  }

  /** Returns false: padding to blocks would make the bytes depend on the file system. */
  @Override
  public boolean supportsBlockSize() {
    return false;
  }

  @Override
  public long defaultBlockSize() {
    return 0;
  }
}
