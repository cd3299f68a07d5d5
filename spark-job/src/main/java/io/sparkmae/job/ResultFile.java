package io.sparkmae.job;

import io.sparkmae.job.failure.Failure;
import io.sparkmae.job.spark.Sessions;
import io.sparkmae.job.store.Directory;
import io.sparkmae.job.store.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * The file that {@code --result} names: the result line of a command, or why it failed, for
 * schedulers that do not see a driver's stdout and exit code.
 *
 * <p>It is one JSON object with {@code exit_code}, and either the result's fields or {@code error}
 * and {@code because}.
 */
final class ResultFile {

  static final String OPTION = "--result";

  private final Path path; // null: none is asked for

  private ResultFile(Path path) {
    this.path = path;
  }

  /**
   * Returns the file that a command line names, and deletes what an earlier command left there.
   * Words are searched, not parsed, because a command line that cannot be parsed has a result too.
   * An empty name is no file here: the parsed command line is refused for it.
   */
  static ResultFile among(String[] args) throws IOException {
    String uri = null;
    for (int i = 0; i < args.length; i++) {
      if (args[i].startsWith(OPTION + "=")) {
        uri = args[i].substring(OPTION.length() + 1);
      } else if (args[i].equals(OPTION) && i + 1 < args.length) {
        uri = args[i + 1];
      }
    }
    return uri == null || uri.isEmpty() ? new ResultFile(null) : new ResultFile(emptied(uri));
  }

  /** Writes the file, if one is asked for; a failure is printed and changes no exit code. */
  void write(int exitCode, Object fields) {
    if (path == null) {
      return;
    }
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("exit_code", exitCode);
    result.putAll(Json.fields(fields));
    byte[] line = (Json.line(result) + "\n").getBytes(StandardCharsets.UTF_8);
    try {
      Directory.at(path.getParent().toString(), Sessions.hadoop())
          .file(path.getName(), out -> out.write(line));
    } catch (IOException | RuntimeException e) {
      System.err.println("Cannot write the result: " + Failure.of(e).result().get("error"));
    }
  }

  private static Path emptied(String uri) throws IOException {
    Configuration hadoop = Sessions.hadoop();
    Path path = new Path(uri);
    FileSystem fileSystem = path.getFileSystem(hadoop);
    Path whole = fileSystem.makeQualified(path);
    if (whole.getParent() == null
        || fileSystem.exists(whole) && fileSystem.getFileStatus(whole).isDirectory()) {
      throw new IllegalArgumentException(
          "Invalid --result: %s (must be a file, not a directory)".formatted(uri));
    }
    fileSystem.delete(whole, false);
    return whole;
  }
}
