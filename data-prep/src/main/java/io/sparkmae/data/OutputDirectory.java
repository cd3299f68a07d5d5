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
import org.apache.hadoop.fs.Path;

/**
 * The directory of prepared data: {@code data/}, {@code rejects/}, and last of all {@code
 * manifest.json}, without which nobody trusts the rest.
 *
 * <p>Files are written under {@code _attempts/} and moved when they are whole. Two attempts at one
 * file write the same bytes, so it does not matter which of them stays. {@code _preparing} marks a
 * directory as ours to clear.
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

  /** Whether a preparation was begun here and not finished. */
  static boolean isUnfinished(String uri, Configuration conf) {
    return HadoopFiles.read(new Path(uri, MARK), conf).isPresent();
  }

  public static String dataName(int part, int parts) {
    return DATA + "/part-%05d-of-%05d.parquet".formatted(part, parts);
  }

  /** Says that all files of a part are there. */
  public static String doneName(int part) {
    return ATTEMPTS + "/done-%05d.json".formatted(part);
  }

  public static String rejectsName(int part, int parts) {
    return REJECTS + "/part-%05d-of-%05d.jsonl".formatted(part, parts);
  }

  /** The manifest of what was finished here before. */
  public Optional<Manifest> finished() {
    return HadoopFiles.read(new Path(root, PreparedData.MANIFEST), conf).map(Manifest::fromJson);
  }

  /**
   * Marks the directory as being prepared in this way. What a run before has left is kept if it
   * went about in the same way, and cleared if not.
   *
   * @return what that run said of the parts that it finished, by part
   * @throws IllegalArgumentException if the directory holds anything else
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
    var done = new HashMap<Integer, String>();
    for (int part = 0; part < parts; part++) {
      Optional<String> written = HadoopFiles.read(new Path(root, doneName(part)), conf);
      if (written.isPresent()) {
        done.put(part, written.get());
      }
    }
    return done;
  }

  /** Where an attempt at a file is written. */
  public Path attempt(String name, long attempt) {
    return new Path(root, ATTEMPTS + "/" + name.replace('/', '-') + "." + attempt);
  }

  /** Gives a whole file its name, unless another attempt was first. */
  public void publish(Path attempt, String name) throws IOException {
    Path target = new Path(root, name);
    files.mkdirs(target.getParent());
    if (!files.exists(target) && !files.rename(attempt, target) && !files.exists(target)) {
      throw new IOException("Cannot move %s to %s".formatted(attempt, target));
    }
    files.delete(attempt, false);
  }

  /** Writes a small file and gives it its name. */
  public void publish(String text, String name, long attempt) throws IOException {
    write(attempt(name, attempt), text);
    publish(attempt(name, attempt), name);
  }

  /** Makes the data visible; nothing is written after this. */
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
