package io.sparkmae.data;

import io.sparkmae.data.storage.HadoopFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.FileUtil;
import org.apache.hadoop.fs.Path;

/**
 * The directory of prepared data: {@code data/}, {@code rejects/}, and {@code manifest.json}, which
 * is written last: without it the data is not read.
 *
 * <p>Files are written under {@code _attempts/} and moved when they are complete. Two attempts at
 * one file write the same bytes, so either may stay. {@code _preparing} marks a directory that may
 * be cleared.
 */
public final class OutputDirectory {
  private static final String MARK = "_preparing";
  private static final String ATTEMPTS = "_attempts";
  private static final String DATA = "data";
  private static final String REJECTS = "rejects";

  private final Path root;
  private final FileSystem files;
  private final Configuration conf;

  public OutputDirectory(String uri, Configuration conf) {
    this.root = new Path(uri);
    this.conf = conf;
    try {
      this.files = root.getFileSystem(conf);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns whether a preparation was begun here and not finished. */
  static boolean isUnfinished(String uri, Configuration conf) {
    return HadoopFiles.read(new Path(uri, MARK), conf).isPresent();
  }

  public static String dataName(int part, int parts) {
    return DATA + "/part-%05d-of-%05d.parquet".formatted(part, parts);
  }

  /** Returns the name of the file that marks a part as complete. */
  public static String doneName(int part) {
    return ATTEMPTS + "/done-%05d.json".formatted(part);
  }

  public static String rejectsName(int part, int parts) {
    return REJECTS + "/part-%05d-of-%05d.jsonl".formatted(part, parts);
  }

  /** Returns the manifest if a preparation was finished here before. */
  public Optional<Manifest> finished() {
    return HadoopFiles.read(new Path(root, PreparedData.MANIFEST), conf).map(Manifest::fromJson);
  }

  /**
   * Marks the directory as being prepared. Parts of an earlier run are kept if its {@code way} was
   * the same, otherwise deleted.
   *
   * @return the results of the parts that the earlier run finished, by part
   * @throws IllegalArgumentException if the directory holds other files
   */
  public Map<Integer, String> begin(String way, int parts) throws IOException {
    Path mark = new Path(root, MARK);
    Optional<String> before = HadoopFiles.read(mark, conf);
    if (before.isEmpty() && files.exists(root) && files.listStatus(root).length > 0) {
      throw new IllegalArgumentException(
          "Cannot prepare into %s: it holds files of something else (name a new or empty directory)"
              .formatted(root));
    }
    if (!before.equals(Optional.of(way))) {
      for (String name : new String[] {DATA, REJECTS, ATTEMPTS}) {
        files.delete(new Path(root, name), true);
      }
      write(mark, way);
      return Map.of();
    }
    return done(parts);
  }

  private Map<Integer, String> done(int parts) throws IOException {
    var done = new HashMap<Integer, String>();
    for (int part = 0; part < parts; part++) {
      Optional<String> written = HadoopFiles.read(new Path(root, doneName(part)), conf);
      if (written.isPresent()) {
        done.put(part, written.get());
      }
    }
    return done;
  }

  /** Returns the path where an attempt at a file is written. */
  public Path attempt(String name, long attempt) {
    return new Path(root, ATTEMPTS + "/" + name.replace('/', '-') + "." + attempt);
  }

  /** Moves a complete file to its name, unless another attempt was first. */
  public void publish(Path attempt, String name) throws IOException {
    Path target = new Path(root, name);
    files.mkdirs(target.getParent());
    if (!isWhole(target, attempt) && !renamed(attempt, target)) {
      files.delete(target, false); // a copy that was cut off
      FileUtil.copy(files, attempt, files, target, false, conf);
    }
    files.delete(attempt, false);
  }

  // All attempts write the same bytes.
  private boolean isWhole(Path target, Path attempt) throws IOException {
    return files.exists(target)
        && files.getFileStatus(target).getLen() == files.getFileStatus(attempt).getLen();
  }

  /** Returns false where the storage cannot rename, or a file is in the way. */
  private boolean renamed(Path attempt, Path target) {
    try {
      return files.rename(attempt, target);
    } catch (IOException | UnsupportedOperationException e) {
      return false;
    }
  }

  /** Writes a small file and moves it to its name. */
  public void publish(String text, String name, long attempt) throws IOException {
    write(attempt(name, attempt), text);
    publish(attempt(name, attempt), name);
  }

  /** Writes the manifest, which makes the data readable; call it last. */
  public void finish(Manifest manifest) throws IOException {
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
