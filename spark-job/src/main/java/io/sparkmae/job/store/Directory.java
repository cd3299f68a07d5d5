package io.sparkmae.job.store;

import java.io.BufferedOutputStream;
import java.io.FileNotFoundException;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** A directory that files are written into, on the file system of its path. */
public final class Directory {

  private static final int BUFFER = 1 << 16;

  private final FileSystem fileSystem;
  private final Path path;

  private Directory(FileSystem fileSystem, Path path) {
    this.fileSystem = fileSystem;
    this.path = path;
  }

  /** The directory at {@code uri}; it need not exist. */
  public static Directory at(String uri, Configuration hadoop) throws IOException {
    Path path = new Path(uri);
    FileSystem fileSystem = path.getFileSystem(hadoop);
    return new Directory(fileSystem, fileSystem.makeQualified(path));
  }

  /**
   * Writes one file, over an older one of that name; the file is there when this returns.
   *
   * @param name path inside the directory, with forward slashes
   */
  public StoredFile file(String name, Content content) throws IOException {
    MessageDigest sha256 = sha256();
    Counted counted = new Counted(fileSystem.create(path(name), true));
    try (OutputStream out =
        new DigestOutputStream(new BufferedOutputStream(counted, BUFFER), sha256)) {
      content.writeTo(out);
    }
    return new StoredFile(name, counted.bytes, HexFormat.of().formatHex(sha256.digest()));
  }

  /** As {@link #file}, but refuses to replace a file, where the file system can. */
  void newFile(String name, Content content) throws IOException {
    try (OutputStream out = fileSystem.create(path(name), false)) {
      content.writeTo(out);
    }
  }

  /** Opens the file {@code name}, which the caller closes. */
  InputStream open(String name) throws IOException {
    return fileSystem.open(path(name));
  }

  /** Deletes a file, or a directory with all that is in it; nothing happens if it is not there. */
  void delete(String name) throws IOException {
    fileSystem.delete(path(name), true);
  }

  boolean has(String name) throws IOException {
    return fileSystem.exists(path(name));
  }

  long length(String name) throws IOException {
    return fileSystem.getFileStatus(path(name)).getLen();
  }

  Directory child(String name) {
    return new Directory(fileSystem, path(name));
  }

  /** The names of the directories in this one; none if it does not exist. */
  List<String> children() throws IOException {
    try {
      return Stream.of(fileSystem.listStatus(path))
          .filter(FileStatus::isDirectory)
          .map(status -> status.getPath().getName())
          .toList();
    } catch (FileNotFoundException e) {
      return List.of();
    }
  }

  String name() {
    return path.getName();
  }

  /** Where this is, with its scheme. */
  @Override
  public String toString() {
    return path.toString();
  }

  private Path path(String name) {
    return new Path(path, name);
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java platform has it
    }
  }

  private static final class Counted extends FilterOutputStream {

    private long bytes;

    Counted(OutputStream out) {
      super(out);
    }

    @Override
    public void write(int value) throws IOException {
      out.write(value);
      bytes++;
    }

    @Override
    public void write(byte[] values, int from, int count) throws IOException {
      out.write(values, from, count);
      bytes += count;
    }
  }
}
