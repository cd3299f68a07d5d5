package io.sparkmae.job.cluster;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.spark.launcher.JavaModuleOptions;

/**
 * A child JVM with Spark's own options, in an environment from which Spark can start executors.
 *
 * <p>It inherits the rest of the environment, and does not outlive {@link #close}.
 */
public final class JavaProcess implements AutoCloseable {

  private final Process process;
  private final Path out;
  private final Path err;

  private JavaProcess(ProcessBuilder builder, Path logs) throws IOException {
    this.out = logs.resolve("out.txt");
    this.err = logs.resolve("err.txt");
    this.process = builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
  }

  /**
   * Starts a JVM.
   *
   * @param directory where it works, and leaves its output
   * @param arguments what follows {@code java} and Spark's options
   */
  public static JavaProcess start(Path directory, List<String> arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(JavaModuleOptions.defaultModuleOptions().split(" ")));
    command.addAll(List.of(options().split(" ")));
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
    // local-cluster wants the home of a distribution, though the class path has all that is in it
    Path home = directory.resolve("spark-home");
    Files.createDirectories(home.resolve("jars"));
    builder.environment().put("SPARK_HOME", home.toString());
    builder.environment().put("SPARK_SCALA_VERSION", "2.12");
    return new JavaProcess(builder, Files.createTempDirectory(directory, "jvm-"));
  }

  /**
   * Returns options for JVMs of which starting is most of what they do: no optimising compiler,
   * which would only take a core, and classes that need not be loaded again.
   */
  public static String options() {
    return SharedClasses.file()
        .map(file -> " -Xlog:disable -XX:SharedArchiveFile=" + file)
        .orElse("")
        .transform(more -> "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC" + more);
  }

  /** Returns the class path of this JVM; its jars come first, since they alone can be shared. */
  public static String classPath() {
    return SharedClasses.jars() + File.pathSeparator + SharedClasses.directories();
  }

  /** Its exit code; fails if it is still running after {@code limit}. */
  public int exitCode(Duration limit) throws InterruptedException {
    if (!process.waitFor(limit.toSeconds(), TimeUnit.SECONDS)) {
      throw new AssertionError("Still running after " + limit + "\n" + err());
    }
    return process.exitValue();
  }

  /** Kills a process that this one has started, as a crash in native code would. */
  void killAChild() {
    process
        .children()
        .findFirst()
        .orElseThrow(() -> new AssertionError("no child\n" + err()))
        .destroyForcibly();
  }

  /** Whether it has started a process with these arguments. */
  boolean hasAChild(String arguments) {
    return process.children().anyMatch(child -> line(child.pid()).contains(arguments));
  }

  // What Java itself knows of a process ends after a page.
  private static String line(long pid) {
    return text(Path.of("/proc", Long.toString(pid), "cmdline")).replace('\0', ' ');
  }

  public String out() {
    return text(out);
  }

  public String err() {
    return text(err);
  }

  /** Sends SIGKILL to it, and not to its children. */
  void kill() {
    process.destroyForcibly().onExit().join();
  }

  /** Sends it a signal that Java cannot, such as STOP. */
  void signal(String name) throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor();
  }

  /** Sends SIGTERM to it. */
  void terminate() {
    process.destroy();
  }

  long pid() {
    return process.pid();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  @Override
  public void close() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly().onExit().join();
  }

  private static String text(Path file) {
    try {
      return Files.readString(file, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
