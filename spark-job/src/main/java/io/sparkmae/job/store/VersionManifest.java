package io.sparkmae.job.store;

import java.util.List;

/**
 * The contents of a version, as {@code manifest.json}.
 *
 * @param version its name
 * @param files every file but the manifest and the markers, in the order of writing
 */
record VersionManifest(String version, List<StoredFile> files) {

  static final String FILE = "manifest.json";
}
