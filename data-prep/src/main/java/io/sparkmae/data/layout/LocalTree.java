package io.sparkmae.data.layout;

import io.sparkmae.data.image.BadData;
import java.io.IOException;
import java.nio.file.Files;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Lists a directory of the local disk, with what Hadoop leaves out in silence: links to nothing,
 * and names that this JVM's locale cannot spell. A link to a directory that it lies in is a link to
 * nothing too, since it has no end.
 */
final class LocalTree {

  private final FileSystem files;
  private final Set<java.nio.file.Path> open = new HashSet<>(); // being listed, without links

  LocalTree(FileSystem files) {
    this.files = files;
  }

  /**
   * Hands every file under {@code directory} to {@code found}; a link to nothing has the length
   * {@link SourceFile#MISSING}.
   *
   * @throws BadData if a name cannot be spelt
   */
  void list(Path directory, Consumer<FileStatus> found) throws IOException {
    open.add(local(directory).toRealPath());
    listOpen(directory, found);
  }

  private void listOpen(Path directory, Consumer<FileStatus> found) throws IOException {
    Set<String> seen = new HashSet<>();
    for (FileStatus status : files.listStatus(directory)) {
      seen.add(status.getPath().getName());
      if (status.isDirectory()) {
        listUnlessOpen(status.getPath(), found);
      } else {
        found.accept(status);
      }
    }
    listDangling(directory, seen, found);
  }

  /** Lists the links that Hadoop does not list, because their targets are missing. */
  private void listDangling(Path directory, Set<String> seen, Consumer<FileStatus> found)
      throws IOException {
    for (java.nio.file.Path path : entries(directory)) {
      String name = path.getFileName().toString();
      if (!seen.contains(name)) {
        if (!name.startsWith(".")) { // Hadoop hides its own checksums, and a rule skips them
          requireDangling(path, directory);
        }
        found.accept(missing(new Path(directory, new Path(null, null, name))));
      }
    }
  }

  private void listUnlessOpen(Path directory, Consumer<FileStatus> found) throws IOException {
    java.nio.file.Path real = local(directory).toRealPath();
    if (!open.add(real)) {
      found.accept(missing(directory));
      return;
    }
    listOpen(directory, found);
    open.remove(real);
  }

  private static FileStatus missing(Path link) {
    return new FileStatus(SourceFile.MISSING, false, 0, 0, 0, link);
  }

  private static java.nio.file.Path local(Path path) {
    return java.nio.file.Path.of(path.toUri().getPath());
  }

  private static List<java.nio.file.Path> entries(Path directory) throws IOException {
    try (Stream<java.nio.file.Path> entries = Files.list(local(directory))) {
      return entries.sorted().toList();
    }
  }

  private static void requireDangling(java.nio.file.Path path, Path directory) {
    if (Files.exists(path)) { // this finds it by its bytes, Hadoop by a spelling
      throw new BadData(
          "Cannot read %s in %s: this process cannot spell its name; if it is not UTF-8, rename it (set LC_ALL=C.UTF-8 for the driver and the executors)"
              .formatted(path.getFileName(), directory));
    }
  }
}
