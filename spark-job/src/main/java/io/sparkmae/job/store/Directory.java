package io.sparkmae.job.store;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.FileNotFoundException;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.DigestInputStream;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.commons.codec.binary.Hex;
import org.apache.commons.codec.digest.DigestUtils;
import org.apache.commons.io.input.CloseShieldInputStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.ChecksumException;
import org.apache.hadoop.fs.ChecksumFileSystem;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;

/** A directory that files are written into, on the file system of its path. */
public final class Directory {

  // large: the local file system would make a system call for each 4 KiB
  private static final int BUFFER = 1 << 20;

  private final FileSystem fileSystem;
  private final Path path;

  private Directory(FileSystem fileSystem, Path path) {
    this.fileSystem = fileSystem;
    this.path = path;
  }

  /** Returns the directory at {@code uri}; it need not exist. */
  public static Directory at(String uri, Configuration hadoop) throws IOException {
    Path path = new Path(uri);
    FileSystem fileSystem = path.getFileSystem(hadoop);
    if (fileSystem instanceof ChecksumFileSystem checked) {
      fileSystem = checked.getRawFileSystem(); // files are hashed here, so no .crc files
    }
    return new Directory(fileSystem, fileSystem.makeQualified(path));
  }

  /**
   * Checks that nothing is at {@code uri}, before work whose result Spark would refuse to write.
   *
   * @throws IllegalArgumentException if something is
   */
  public static void requireNew(String uri, Configuration hadoop) throws IOException {
    Path path = new Path(uri);
    if (path.getFileSystem(hadoop).exists(path)) {
      throw new IllegalArgumentException(
          "Invalid output: %s (must not exist; name another, or delete it)".formatted(uri));
    }
  }

  /**
   * Writes one file and replaces an older one of that name; the file is complete when this returns.
   *
   * @param name path inside the directory, with forward slashes
   */
  public StoredFile file(String name, Content content) throws IOException {
    MessageDigest sha256 = DigestUtils.getSha256Digest();
    Counted counted = new Counted(fileSystem.create(path(name), true, BUFFER));
    try (OutputStream out =
        new BufferedOutputStream(new DigestOutputStream(counted, sha256), BUFFER)) {
      content.writeTo(out);
    }
    return new StoredFile(name, counted.bytes, Hex.encodeHexString(sha256.digest()));
  }

  /**
   * Writes one file, as {@link #file}, but throws if it exists, where the file system can check
   * that.
   */
  void newFile(String name, Content content) throws IOException {
    try (OutputStream out = fileSystem.create(path(name), false)) {
      content.writeTo(out);
    }
  }

  /** Opens the file {@code name}, which the caller closes. */
  InputStream open(String name) throws IOException {
    return fileSystem.open(path(name), BUFFER);
  }

  /**
   * Reads a file, and checks while reading that it is unchanged. Data that {@code reader} does not
   * read is read for the check.
   *
   * @throws BadModel if it is missing or changed; other failures of the storage are thrown as they
   *     are, since a model in an unreachable store is not broken
   */
  public <T> T read(StoredFile file, ModelVersion.Reader<T> reader) throws IOException {
    MessageDigest sha256 = DigestUtils.getSha256Digest();
    try (InputStream in = new DigestInputStream(open(file.file()), sha256)) {
      T result = read(in, reader, file, sha256);
      requireWhole(in, file, sha256);
      return result;
    } catch (FileNotFoundException | ChecksumException e) {
      throw broken(file, e);
    }
  }

  /**
   * Calls the reader. If it fails on a broken file, throws BadModel, which tells more than the
   * reader's exception.
   */
  private <T> T read(
      InputStream in, ModelVersion.Reader<T> reader, StoredFile file, MessageDigest sha256)
      throws IOException {
    try {
      return reader.read(new BufferedInputStream(CloseShieldInputStream.wrap(in), BUFFER));
    } catch (IOException | RuntimeException e) {
      requireWhole(in, file, sha256);
      throw e;
    }
  }

  private void requireWhole(InputStream in, StoredFile file, MessageDigest sha256)
      throws IOException {
    in.transferTo(OutputStream.nullOutputStream());
    if (!Hex.encodeHexString(sha256.digest()).equals(file.sha256())) {
      throw broken(file, null);
    }
  }

  private BadModel broken(StoredFile file, Throwable cause) {
    return new BadModel(
        "Cannot use %s: %s is not as its manifest says (name another version)"
            .formatted(path, file.file()),
        cause);
  }

  /** Deletes a file, or a directory with its contents; does nothing if it does not exist. */
  void delete(String name) throws IOException {
    fileSystem.delete(path(name), true);
  }

  boolean has(String name) throws IOException {
    return fileSystem.exists(path(name));
  }

  /** Returns the lengths in bytes of all files in this directory and below, by path inside it. */
  Map<String, Long> lengths() throws IOException {
    Map<String, Long> lengths = new HashMap<>();
    RemoteIterator<LocatedFileStatus> files = fileSystem.listFiles(path, true);
    while (files.hasNext()) { // lists many files per request
      FileStatus file = files.next();
      lengths.put(file.getPath().toString().substring(path.toString().length() + 1), file.getLen());
    }
    return lengths;
  }

  Directory child(String name) {
    return new Directory(fileSystem, path(name));
  }

  /** Returns the names of the directories in this one; none if it does not exist. */
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

  /** Returns the path of this directory, with its scheme. */
  @Override
  public String toString() {
    return path.toString();
  }

  /** Returns its path with scheme and all. */
  Path path() {
    return path;
  }

  private Path path(String name) {
    return new Path(path, name);
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
