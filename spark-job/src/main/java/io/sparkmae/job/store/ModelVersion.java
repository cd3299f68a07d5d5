package io.sparkmae.job.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.fs.ChecksumException;

/** One version of a model: a directory whose manifest names every file. */
public final class ModelVersion {

  static final String SUCCESS = "_SUCCESS";

  private final Directory directory;
  private VersionManifest manifest; // null until it is read

  ModelVersion(Directory directory) {
    this.directory = directory;
  }

  /** Returns the name, for example {@code v000012}. */
  public String name() {
    return directory.name();
  }

  /** Returns the URI of the version. */
  public String uri() {
    return directory.toString();
  }

  /** Returns whether the version contains {@code file}, a path inside it. */
  public boolean has(String file) throws IOException {
    return directory.has(file);
  }

  /** A function that reads a file; it must not close the stream. */
  @FunctionalInterface
  public interface Reader<T> {

    T read(InputStream in) throws IOException;
  }

  /**
   * Reads {@code file}, a path inside the version, and checks it against the manifest while
   * reading.
   *
   * @throws BadModel if it is missing or differs from the manifest
   */
  public <T> T read(String file, Reader<T> reader) throws IOException {
    return directory.read(stored(file), reader);
  }

  private StoredFile stored(String file) throws IOException {
    return manifest().files().stream()
        .filter(stored -> stored.file().equals(file))
        .findFirst()
        .orElseThrow(
            () ->
                new BadModel("Cannot use %s: it has no %s (name another)".formatted(uri(), file)));
  }

  boolean isComplete() throws IOException {
    return directory.has(SUCCESS);
  }

  /**
   * Returns why this version cannot be used, as the end of a sentence; empty if every file has its
   * length. The files' contents are checked only when they are read.
   */
  Optional<String> fault() throws IOException {
    if (!isComplete()) {
      return Optional.of("it is not complete");
    }
    Map<String, Long> lengths = directory.lengths();
    return firstFile(file -> lengths.getOrDefault(file.file(), -1L) == file.bytes())
        .map(file -> file + " is not as its manifest says");
  }

  VersionManifest manifest() throws IOException {
    if (manifest == null) {
      try (InputStream in = directory.open(VersionManifest.FILE)) {
        manifest = Json.read(in, VersionManifest.class);
      }
    }
    return manifest;
  }

  /**
   * Checks the contents of every file against the manifest; returns the first file that is missing
   * or differs, if any.
   */
  Optional<String> brokenFile() throws IOException {
    return firstFile(this::isWhole);
  }

  private boolean isWhole(StoredFile file) throws IOException {
    try {
      return directory.read(file, in -> true);
    } catch (BadModel e) {
      return false;
    }
  }

  private interface Check {
    boolean passes(StoredFile file) throws IOException;
  }

  /** Returns the first file that fails the check; the manifest itself if it cannot be read. */
  private Optional<String> firstFile(Check check) throws IOException {
    List<StoredFile> files;
    try {
      files = manifest().files();
    } catch (FileNotFoundException | ChecksumException | JsonProcessingException e) {
      return Optional.of(VersionManifest.FILE);
    }
    for (StoredFile file : files) {
      if (!check.passes(file)) {
        return Optional.of(file.file());
      }
    }
    return Optional.empty();
  }
}
