package io.sparkmae.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * The directory of prepared data: {@code data/}, {@code rejects/}, and last of all {@code
 * manifest.json}, without which nobody trusts the rest.
 *
 * <p>Files are written under {@code _attempts/} and moved when they are whole. Two attempts at one
 * file write the same bytes, so it does not matter which of them stays. {@code _preparing} marks a
 * directory as ours to clear.
 */
final class OutputDirectory {
  private static final String MARK = "_preparing";
  private static final String ATTEMPTS = "_attempts";
  private static final String DATA = "data";
  private static final String REJECTS = "rejects";

  private final Path root;
  private final FileSystem files;
  private final Configuration conf;

  OutputDirectory(String uri, Configuration conf) {
    this.root = new Path(uri);
    this.conf = conf;
    try {
      this.files = root.getFileSystem(conf);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether a preparation was begun here and not finished. */
  static boolean isUnfinished(String uri, Configuration conf) {
    return HadoopFiles.read(new Path(uri, MARK), conf).isPresent();
  }

  static String dataName(int part, int parts) {
    return DATA + "/part-%05d-of-%05d.parquet".formatted(part, parts);
  }

  static String rejectsName(int part, int parts) {
    return REJECTS + "/part-%05d-of-%05d.jsonl".formatted(part, parts);
  }

  /** The manifest of what was finished here before. */
  Optional<Manifest> finished() {
    return HadoopFiles.read(new Path(root, PreparedData.MANIFEST), conf).map(Manifest::fromJson);
  }

  /**
   * Clears what an unfinished run has left, and marks the directory.
   *
   * @throws IllegalArgumentException if it holds anything else
   */
  void begin() throws IOException {
    Path mark = new Path(root, MARK);
    if (!files.exists(mark) && files.exists(root) && files.listStatus(root).length > 0) {
      throw new IllegalArgumentException(
          "Cannot prepare into %s: it holds files of something else (name a new or empty directory)"
              .formatted(root));
    }
    for (String name : new String[] {DATA, REJECTS, ATTEMPTS}) {
      files.delete(new Path(root, name), true);
    }
    write(mark, "This directory is being prepared; without manifest.json it is not complete.\n");
  }

  /** Where an attempt at a file is written. */
  Path attempt(String name, long attempt) {
    return new Path(root, ATTEMPTS + "/" + name.replace('/', '-') + "." + attempt);
  }

  /** Gives a whole file its name, unless another attempt was first. */
  void publish(Path attempt, String name) throws IOException {
    Path target = new Path(root, name);
    files.mkdirs(target.getParent());
    if (!files.exists(target) && !files.rename(attempt, target) && !files.exists(target)) {
      throw new IOException("Cannot move %s to %s".formatted(attempt, target));
    }
    files.delete(attempt, false);
  }

  /** Writes a small file and gives it its name. */
  void publish(String text, String name, long attempt) throws IOException {
    write(attempt(name, attempt), text);
    publish(attempt(name, attempt), name);
  }

  /** Makes the data visible; nothing is written after this. */
  void finish(Manifest manifest) throws IOException {
    publish(manifest.toJson(), PreparedData.MANIFEST, 0);
    files.delete(new Path(root, ATTEMPTS), true);
    files.delete(new Path(root, MARK), false);
  }

  private void write(Path path, String text) throws IOException {
    try (FSDataOutputStream out = files.create(path, true)) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    }
  }
}
