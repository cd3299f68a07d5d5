package io.sparkmae.job.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.fs.ChecksumException;

/** One version of a model: a directory whose manifest names every file. */
public final class ModelVersion {

  static final String SUCCESS = "_SUCCESS";

  private final Directory directory;

  ModelVersion(Directory directory) {
    this.directory = directory;
  }

  /** For example {@code v000012}. */
  public String name() {
    return directory.name();
  }

  /** Where the version is, as a URI. */
  public String uri() {
    return directory.toString();
  }

  /** Whether the version holds {@code file}, a path inside it. */
  public boolean has(String file) throws IOException {
    return directory.has(file);
  }

  /** Opens {@code file}, a path inside the version; the caller closes it. */
  public InputStream open(String file) throws IOException {
    return directory.open(file);
  }

  boolean isComplete() throws IOException {
    return has(SUCCESS);
  }

  /** Why this version cannot be trusted, as the end of a sentence; empty if it can. */
  Optional<String> fault() throws IOException {
    if (!isComplete()) {
      return Optional.of("it is not complete");
    }
    return brokenFile().map(file -> file + " is not as its manifest says");
  }

  Manifest manifest() throws IOException {
    try (InputStream in = open(Manifest.FILE)) {
      return Json.read(in, Manifest.class);
    }
  }

  /** Reads every file against the manifest; the first that is missing or differs, if any. */
  Optional<String> brokenFile() throws IOException {
    List<StoredFile> files;
    try {
      files = manifest().files();
    } catch (FileNotFoundException | ChecksumException | JsonProcessingException e) {
      return Optional.of(Manifest.FILE);
    }
    for (StoredFile file : files) {
      if (!isWhole(file)) {
        return Optional.of(file.file());
      }
    }
    return Optional.empty();
  }

  // Other failures of storage pass through: a store that cannot be reached is not a broken model.
  private boolean isWhole(StoredFile file) throws IOException {
    try {
      return directory.length(file.file()) == file.bytes()
          && sha256(file.file()).equals(file.sha256());
    } catch (FileNotFoundException | ChecksumException e) {
      return false;
    }
  }

  private String sha256(String file) throws IOException {
    MessageDigest sha256 = Directory.sha256();
    try (InputStream in = new DigestInputStream(open(file), sha256)) {
      in.transferTo(OutputStream.nullOutputStream());
    }
    return HexFormat.of().formatHex(sha256.digest());
  }
}
