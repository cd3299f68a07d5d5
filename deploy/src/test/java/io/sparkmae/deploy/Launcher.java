package io.sparkmae.deploy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Runs {@code bin/mae} of the checkout or of a tarball, in a directory, as its user would. */
final class Launcher {

  /** What a run came to. */
  record Run(int exitCode, String out, String err) {}

  private final Path mae;
  private final Path directory;

  Launcher(Path directory) {
    this(Path.of("bin", "mae").toAbsolutePath(), directory);
  }

  Launcher(Path mae, Path directory) {
    this.mae = mae;
    this.directory = directory;
  }

  Run run(Map<String, String> environment, String... arguments)
      throws IOException, InterruptedException {
    int exitCode = start(environment, arguments).waitFor();
    return new Run(
        exitCode,
        Files.readString(directory.resolve("out")),
        Files.readString(directory.resolve("err")));
  }

  /** Starts it; its output goes to the files {@code out} and {@code err} of the directory. */
  Process start(Map<String, String> environment, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(mae.toString());
    command.addAll(List.of(arguments));
    Path out = directory.resolve("out");
    Path err = directory.resolve("err");
    ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
    builder.environment().putAll(environment);
    return builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
  }
}
