package io.sparkmae.job.store;

import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The versions of one model: {@code v000001}, {@code v000002}, …, and {@code LATEST} with the name
 * of the newest.
 *
 * <p>It accepts a version only if every file has the length in the manifest, and a file only if its
 * data has the hash there. So a reader gets a complete model, if need be an older one, whatever
 * happened to a writer. Only {@link #prune} deletes, and nothing is retried.
 */
public final class ModelStore {

  static final String LATEST = "LATEST";

  private static final Logger LOG = LoggerFactory.getLogger(ModelStore.class);
  private static final Pattern VERSION = Pattern.compile("v\\d{6,9}");

  private final Directory directory;

  private ModelStore(Directory directory) {
    this.directory = directory;
  }

  /** Returns the store at {@code uri}, on the file system of its scheme; it need not exist. */
  public static ModelStore at(String uri, Configuration hadoop) throws IOException {
    return new ModelStore(Directory.at(uri, hadoop));
  }

  /** A function that reads a version. */
  @FunctionalInterface
  public interface Reader<T> {

    T read(ModelVersion version) throws IOException;
  }

  /**
   * Reads a model.
   *
   * @param uri a store, of which the newest version that {@code reader} can read is taken, or one
   *     version's directory
   * @throws BadModel if there is no complete model
   */
  public static <T> T read(String uri, Configuration hadoop, Reader<T> reader) throws IOException {
    Directory directory = Directory.at(uri, hadoop);
    if (!isVersion(directory)) {
      return new ModelStore(directory).read(reader).orElseThrow(() -> nothingAt(uri));
    }
    ModelVersion version = new ModelVersion(directory);
    Optional<String> fault = version.fault();
    if (fault.isPresent()) {
      throw new BadModel("Cannot use %s: %s (name another version)".formatted(uri, fault.get()));
    }
    return reader.read(version);
  }

  /**
   * Reads the newest version that {@code reader} can read. If it is broken, older ones are tried in
   * turn, with a line in the log; empty if there is none.
   */
  public <T> Optional<T> read(Reader<T> reader) throws IOException {
    List<ModelVersion> versions = versions();
    for (int i = versions.size() - 1; i >= 0; i--) {
      ModelVersion version = versions.get(i);
      Optional<String> fault = version.fault();
      if (fault.isEmpty()) {
        try {
          return Optional.ofNullable(reader.read(version));
        } catch (BadModel e) {
          fault = Optional.of(e.getMessage());
        }
      }
      LOG.warn("Passing over {}: {}; trying the version before", version.uri(), fault.get());
    }
    return Optional.empty();
  }

  /**
   * Reads every file of every version.
   *
   * @param uri a store, or one version's directory
   * @throws BadModel if there is no version at all
   */
  public static Verification verify(String uri, Configuration hadoop) throws IOException {
    Directory directory = Directory.at(uri, hadoop);
    List<ModelVersion> versions =
        isVersion(directory)
            ? List.of(new ModelVersion(directory))
            : new ModelStore(directory).versions();
    if (versions.isEmpty()) {
      throw nothingAt(uri);
    }
    return Verification.of(versions);
  }

  /**
   * Checks that a command which reads {@code input} may write into {@code output}.
   *
   * @param whose the input, for the message
   * @throws IllegalArgumentException if that would be the input's own directory
   */
  public static void requireApart(String output, String input, String whose, Configuration hadoop)
      throws IOException {
    Path out = Directory.at(output, hadoop).path();
    Path in = Directory.at(input, hadoop).path();
    boolean partOfOut = VERSION.matcher(in.getName()).matches() || isFile(in, hadoop);
    if (out.equals(in) || partOfOut && out.equals(in.getParent())) {
      throw new IllegalArgumentException(
          "Invalid output: %s (must be another directory than %s; give one of its own)"
              .formatted(output, whose));
    }
  }

  /**
   * Checks that files of another kind may be written into {@code output}.
   *
   * @throws IllegalArgumentException if it is a model directory or lies in a version
   */
  public static void requireNone(String output, Configuration hadoop) throws IOException {
    Path out = Directory.at(output, hadoop).path();
    boolean within = isFile(new Path(out, LATEST), hadoop);
    for (Path at = out; at != null && !within; at = at.getParent()) {
      within =
          VERSION.matcher(at.getName()).matches()
              && isFile(new Path(at, ModelVersion.SUCCESS), hadoop);
    }
    if (within) {
      throw new IllegalArgumentException(
          "Invalid output: %s (must not be a model directory or in one of its versions; give one of its own)"
              .formatted(output));
    }
  }

  private static boolean isFile(Path path, Configuration hadoop) throws IOException {
    FileSystem fileSystem = path.getFileSystem(hadoop);
    return fileSystem.exists(path) && fileSystem.getFileStatus(path).isFile();
  }

  /** Begins the version that follows the newest one, complete or not. */
  public VersionWriter begin() throws IOException {
    List<ModelVersion> versions = versions();
    int next = versions.isEmpty() ? 1 : 1 + number(versions.get(versions.size() - 1));
    Optional<VersionWriter> writer = VersionWriter.claim(directory, name(next));
    while (writer.isEmpty()) {
      next++;
      writer = VersionWriter.claim(directory, name(next));
    }
    return writer.get();
  }

  /**
   * Deletes checkpoints that are not among the newest {@code keep} complete versions, and
   * incomplete versions older than a complete one. Only the holder of the {@link RunLease} may call
   * it.
   */
  public void prune(int keep, Checkpoint isCheckpoint) throws IOException {
    List<ModelVersion> versions = versions();
    int newer = 0; // number of newer complete versions
    for (int i = versions.size() - 1; i >= 0; i--) {
      ModelVersion version = versions.get(i);
      boolean complete = version.isComplete();
      if (newer > 0 && !complete || newer >= keep && isCheckpoint.test(version)) {
        // first: without it a half-deleted version is not read
        directory.delete(version.name() + "/" + ModelVersion.SUCCESS);
        directory.delete(version.name());
      }
      newer += complete ? 1 : 0;
    }
  }

  /** A test whether a complete version is a checkpoint of an unfinished run. */
  @FunctionalInterface
  public interface Checkpoint {

    boolean test(ModelVersion version) throws IOException;
  }

  private List<ModelVersion> versions() throws IOException {
    return directory.children().stream()
        .filter(name -> VERSION.matcher(name).matches())
        .map(name -> new ModelVersion(directory.child(name)))
        .sorted(Comparator.comparingInt(ModelStore::number))
        .toList();
  }

  private static boolean isVersion(Directory directory) {
    return VERSION.matcher(directory.name()).matches();
  }

  private static int number(ModelVersion version) {
    return Integer.parseInt(version.name().substring(1));
  }

  private static String name(int number) {
    return "v%06d".formatted(number);
  }

  private static BadModel nothingAt(String uri) {
    return new BadModel(
        "No whole model at " + uri + " (pretrain writes one; verify says what is wrong)");
  }
}
