package io.sparkmae.data.storage;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.ChecksumFileSystem;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** Paths and small text files, through the path's own Hadoop file system. */
public final class HadoopFiles {
  private HadoopFiles() {}

  /**
   * Returns {@code uri} with scheme and absolute path: executors have other working directories
   * than the driver.
   */
  public static String qualified(String uri, Configuration conf) {
    try {
      Path path = new Path(uri);
      return path.getFileSystem(conf).makeQualified(path).toString();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Opens a file. A name with a colon is opened without Hadoop's checksum of local files, whose
   * name Hadoop could not make.
   */
  public static FSDataInputStream open(Path path, Configuration conf) throws IOException {
    FileSystem files = path.getFileSystem(conf);
    return files instanceof ChecksumFileSystem checked && path.getName().contains(":")
        ? checked.getRawFileSystem().open(path)
        : files.open(path);
  }

  /** Returns the text of a file, or nothing if there is no such file. */
  public static Optional<String> read(Path path, Configuration conf) {
    try (FSDataInputStream in = open(path, conf)) {
      return Optional.of(new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (FileNotFoundException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
