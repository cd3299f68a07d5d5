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
 * and names that this JVM's locale cannot spell.
 */
final class LocalTree {

  private final FileSystem files;

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
    Set<String> seen = new HashSet<>();
    for (FileStatus status : files.listStatus(directory)) {
      seen.add(status.getPath().getName());
      if (status.isDirectory()) {
        list(status.getPath(), found);
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
        Path link = new Path(directory, new Path(null, null, name));
        found.accept(new FileStatus(SourceFile.MISSING, false, 0, 0, 0, link));
      }
    }
  }

  private static List<java.nio.file.Path> entries(Path directory) throws IOException {
    try (Stream<java.nio.file.Path> entries =
        Files.list(java.nio.file.Path.of(directory.toUri().getPath()))) {
      return entries.sorted().toList();
    }
  }

  private static void requireDangling(java.nio.file.Path path, Path directory) {
    if (Files.exists(path)) { // this finds it by its bytes, Hadoop by a spelling
      throw new BadData(
          "Cannot read %s in %s: this process cannot spell its name (set LC_ALL=C.UTF-8 for the driver and the executors)"
              .formatted(path.getFileName(), directory));
    }
  }
}
