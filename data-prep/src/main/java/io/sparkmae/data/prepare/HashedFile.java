package io.sparkmae.data.prepare;

import java.io.IOException;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import org.apache.commons.codec.binary.Hex;
import org.apache.commons.codec.digest.DigestUtils;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.hadoop.util.HadoopStreams;
import org.apache.parquet.io.OutputFile;
import org.apache.parquet.io.PositionOutputStream;

/** A Parquet file that is hashed as it is written, so that it need not be read again. */
final class HashedFile implements OutputFile, AutoCloseable {
  private final Path path;
  private final Configuration conf;
  private final MessageDigest digest = DigestUtils.getSha256Digest();
  private FSDataOutputStream stream; // counts its bytes

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
    return stream.getPos();
  }

  @Override
  public PositionOutputStream create(long blockSizeHint) throws IOException {
    return createOrOverwrite(blockSizeHint);
  }

  @Override
  public PositionOutputStream createOrOverwrite(long blockSizeHint) throws IOException {
    var file = path.getFileSystem(conf).create(path, true);
    stream = new FSDataOutputStream(new DigestOutputStream(file, digest), null);
    return HadoopStreams.wrap(stream);
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
