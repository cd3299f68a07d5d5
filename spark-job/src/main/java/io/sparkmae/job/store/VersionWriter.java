package io.sparkmae.job.store;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.apache.hadoop.fs.FileAlreadyExistsException;

/**
 * Writes a version; readers do not see it before {@link #commit}.
 *
 * <p>The order is data, manifest, {@code _SUCCESS}, {@code LATEST}. There are no renames, which
 * object stores lack. Not thread-safe.
 */
public final class VersionWriter {

  private static final String CLAIM = "_CLAIM";

  private final Directory store;
  private final Directory directory;
  private final String token = UUID.randomUUID().toString();
  private final List<StoredFile> files = new ArrayList<>();

  private VersionWriter(Directory store, String name) {
    this.store = store;
    this.directory = store.child(name);
  }

  /** Claims version {@code name} for one writer; empty if another writer has it. */
  static Optional<VersionWriter> claim(Directory store, String name) throws IOException {
    VersionWriter writer = new VersionWriter(store, name);
    try {
      writer.directory.newFile(
          CLAIM, out -> out.write(writer.token.getBytes(StandardCharsets.UTF_8)));
    } catch (FileAlreadyExistsException e) {
      return Optional.empty();
    }
    return writer.holdsClaim() ? Optional.of(writer) : Optional.empty();
  }

  /** Returns the name, for example {@code v000012}. */
  public String name() {
    return directory.name();
  }

  /** Returns the URI where the version will be. */
  public String uri() {
    return directory.toString();
  }

  /**
   * Writes one file of the version.
   *
   * @param name path inside the version, with forward slashes, for example {@code
   *     encoder/config.json}
   */
  public StoredFile file(String name, Content content) throws IOException {
    requireNew(name);
    StoredFile file = directory.file(name, content);
    files.add(file);
    return file;
  }

  /**
   * Adds files that other processes wrote at {@link #uri}.
   *
   * @throws IllegalArgumentException if one is missing, for example because it is on a disk of
   *     another host
   */
  public void add(List<StoredFile> written) throws IOException {
    Map<String, Long> lengths = directory.lengths();
    for (StoredFile file : written) {
      requireNew(file.file());
      if (lengths.getOrDefault(file.file(), -1L) != file.bytes()) {
        throw new IllegalArgumentException(
            "Cannot find %s in %s: an executor wrote it where the driver does not see it (give an --output that all hosts share, such as hdfs: or s3a:)"
                .formatted(file.file(), directory));
      }
      files.add(file);
    }
  }

  private void requireNew(String name) {
    if (files.stream().anyMatch(file -> file.file().equals(name))) {
      throw new IllegalArgumentException(
          "File written twice: " + name + " (each file of a version is written once)");
    }
  }

  /**
   * Completes the version and makes it {@code LATEST}; nothing can be added afterwards.
   *
   * @throws BadModel if another writer took the version meanwhile
   */
  public ModelVersion commit() throws IOException {
    if (!holdsClaim()) {
      throw new BadModel(
          "Lost version %s to another writer (give each run its own --output)"
              .formatted(directory));
    }
    directory.file(
        VersionManifest.FILE,
        out -> out.write(Json.pretty(new VersionManifest(name(), List.copyOf(files)))));
    directory.file(ModelVersion.SUCCESS, out -> {});
    store.file(
        ModelStore.LATEST, out -> out.write((name() + "\n").getBytes(StandardCharsets.UTF_8)));
    return new ModelVersion(directory);
  }

  // Exclusive creation of a file is atomic on HDFS, but on S3 the later of two writers wins
  // unnoticed.
  private boolean holdsClaim() throws IOException {
    try (InputStream in = directory.open(CLAIM)) {
      return token.equals(new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (FileNotFoundException e) {
      return false;
    }
  }
}
