package io.sparkmae.data;

import io.sparkmae.data.image.BadData;
import io.sparkmae.data.image.PixelFormat;
import io.sparkmae.data.storage.HadoopFiles;
import java.io.Serializable;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * A directory of images for training: the output of {@code prepare}, or Hugging Face Parquet files.
 */
public final class PreparedData implements Serializable {
  private static final long serialVersionUID = 1L;

  static final String MANIFEST = "manifest.json";

  private final String uri;
  private final Manifest manifest;

  private PreparedData(String uri, Manifest manifest) {
    this.uri = uri;
    this.manifest = manifest;
  }

  /**
   * Reads the manifest, or makes one from the footers of Hugging Face Parquet files; reads no
   * image.
   *
   * @param uri a directory on any Hadoop file system
   * @throws BadData if it is missing, holds neither, or its preparation was not finished
   */
  public static PreparedData open(String uri, Configuration conf) {
    return openQualified(HadoopFiles.qualified(uri, conf), conf);
  }

  /**
   * Returns what the pixels of a prepared data set are; RGB where there is none.
   *
   * @throws BadData if its manifest is not one
   */
  public static PixelFormat pixels(String uri, Configuration conf) {
    return HadoopFiles.read(new Path(HadoopFiles.qualified(uri, conf), MANIFEST), conf)
        .map(json -> Manifest.fromJson(json).pixels())
        .orElse(PixelFormat.RGB);
  }

  private static PreparedData openQualified(String uri, Configuration conf) {
    Optional<String> json = HadoopFiles.read(new Path(uri, MANIFEST), conf);
    if (json.isPresent()) {
      return new PreparedData(uri, Manifest.fromJson(json.get()));
    }
    if (OutputDirectory.isUnfinished(uri, conf)) {
      throw new BadData(
          "Cannot open %s: its preparation was not finished (run prepare again)".formatted(uri));
    }
    return new PreparedData(uri, ParquetManifest.of(uri, conf));
  }

  /** Returns the directory's URI, with scheme and absolute path. */
  public String uri() {
    return uri;
  }

  /** Returns the manifest: rows, row groups, classes and origin. */
  public Manifest manifest() {
    return manifest;
  }

  /** Returns the number of images. */
  public long rows() {
    return manifest.rows();
  }

  /** Returns the class names by label; empty when unknown. */
  public List<String> classes() {
    return manifest.classes();
  }

  /** Returns the path of a file, by its number in the manifest. */
  public Path path(int file) {
    return new Path(uri, manifest.files().get(file).name());
  }
}
