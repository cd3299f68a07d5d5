package io.sparkmae.job.cluster;

import static java.util.stream.Collectors.joining;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkmae.job.Mae;
import io.sparkmae.job.store.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Runs the job's commands, each in a JVM of its own as {@code spark-submit} does. */
public final class MaeProcess {

  private static final Duration LIMIT = Duration.ofMinutes(2);

  private final Path directory;
  private final Map<String, String> settings;
  private final List<String> classes;

  private MaeProcess(Path directory, Map<String, String> settings, List<String> classes) {
    this.directory = directory;
    this.settings = settings;
    this.classes = classes;
  }

  /**
   * What a command left.
   *
   * @param took from the start of its JVM to the end
   */
  public record Result(int exitCode, String out, String err, Duration took) {

    /** The command's own lines on stderr; Spark's log is left out. */
    public List<String> sentences() {
      return err.lines().filter(line -> line.startsWith("mae: ")).toList();
    }

    /** Stderr without what Spark says when all is well. */
    public String faults() {
      return err.lines().filter(line -> !line.contains(" INFO ")).collect(joining("\n"));
    }

    private JsonNode lastLine() throws IOException {
      if (exitCode != 0) {
        throw new AssertionError("Exit code " + exitCode + "\n" + faults());
      }
      List<String> lines = out.lines().toList();
      return Json.parse(lines.get(lines.size() - 1), JsonNode.class);
    }
  }

  /** On a Spark master, with {@code directory} as the driver's working directory. */
  public static MaeProcess on(String master, Path directory) {
    return new MaeProcess(directory, Map.of(), List.of("-cp", JavaProcess.classPath()))
        .with("spark.master", master)
        .with("spark.ui.enabled", "false")
        .with("spark.driver.host", "127.0.0.1")
        .with("spark.local.dir", directory.resolve("spark-local").toString())
        .with("spark.executor.memory", "1g")
        .with("spark.executor.extraClassPath", JavaProcess.classPath())
        .with("spark.executor.extraJavaOptions", JavaProcess.options());
  }

  /** The same with one more setting of Spark. */
  public MaeProcess with(String key, String value) {
    Map<String, String> more = new LinkedHashMap<>(settings);
    more.put(key, value);
    return new MaeProcess(directory, more, classes);
  }

  /** The same that writes the classes of its jars, when it ends, for others to share. */
  MaeProcess sharing(Path file) {
    List<String> jars =
        List.of("-Xlog:disable", "-XX:ArchiveClassesAtExit=" + file, "-cp", SharedClasses.jars());
    return new MaeProcess(directory, settings, jars);
  }

  /** The result line of a command; fails with its stderr unless its exit code is 0. */
  public JsonNode result(String... command) throws IOException, InterruptedException {
    return run(command).lastLine();
  }

  public Result run(String... command) throws IOException, InterruptedException {
    long start = System.nanoTime();
    try (JavaProcess process = start(command)) {
      int exitCode = process.exitCode(LIMIT);
      Duration took = Duration.ofNanos(System.nanoTime() - start);
      return new Result(exitCode, process.out(), process.err(), took);
    }
  }

  /** Starts a command and returns at once; closing the process kills it. */
  JavaProcess start(String... command) throws IOException {
    List<String> arguments = new ArrayList<>(List.of("-Xmx1g"));
    arguments.addAll(classes);
    settings.forEach((key, value) -> arguments.add("-D" + key + "=" + value));
    arguments.add(Mae.class.getName());
    arguments.addAll(List.of(command));
    return JavaProcess.start(directory, arguments);
  }
}
