package io.sparkmae.deploy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.StreamSupport;

/**
 * A standalone master and workers, started by {@code deploy/bin/spark-class} as the docs say, of
 * which an application gets two cores.
 */
final class Standalone implements AutoCloseable {

  private final Path directory;
  private final int port = freePort();
  private final int page = freePort();
  private final List<Process> processes = new ArrayList<>();

  Standalone(Path directory, int workers, int cores) throws IOException, InterruptedException {
    this.directory = directory;
    start(
        "master.Master", "--port", Integer.toString(port), "--webui-port", Integer.toString(page));
    awaitOpen(port);
    for (int i = 0; i < workers; i++) {
      String work = directory.resolve("work-" + i).toString();
      String each = Integer.toString(cores);
      start(
          "worker.Worker",
          "--webui-port",
          "0",
          "--cores",
          each,
          "--memory",
          "4g",
          "--work-dir",
          work,
          master());
    }
  }

  String master() {
    return "spark://127.0.0.1:" + port;
  }

  /** JVMs of a class that the workers have started, not the shells around them. */
  List<ProcessHandle> processes(String main) {
    return processes.stream()
        .flatMap(Process::descendants)
        .filter(process -> runs(process, main))
        .toList();
  }

  /**
   * The states in which applications or drivers ended, in the order of their start.
   *
   * @param kind {@code completedapps} or {@code completeddrivers}
   */
  List<String> ended(String kind) throws IOException {
    URI json = URI.create("http://127.0.0.1:" + page + "/json/");
    try (InputStream in = json.toURL().openStream()) {
      JsonNode master = Templates.parse(new String(in.readAllBytes(), StandardCharsets.UTF_8));
      return StreamSupport.stream(master.get(kind).spliterator(), false)
          .sorted(Comparator.comparing(ended -> ended.get("id").asText()))
          .map(ended -> ended.get("state").asText())
          .toList();
    }
  }

  /** Returns whether a process is a JVM of a main class; Java itself cuts long command lines. */
  static boolean runs(ProcessHandle process, String main) {
    try {
      String line = Files.readString(Path.of("/proc/" + process.pid() + "/cmdline"));
      return line.substring(0, line.indexOf('\0')).endsWith("java") && line.contains(main);
    } catch (IOException | StringIndexOutOfBoundsException e) {
      return false; // it has ended
    }
  }

  private void start(String daemon, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of("bin", "spark-class").toAbsolutePath().toString());
    command.addAll(List.of("org.apache.spark.deploy." + daemon, "--host", "127.0.0.1"));
    command.addAll(List.of(arguments));
    Path log = directory.resolve(daemon + processes.size() + ".log");
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    // executors and drivers inherit it: a shell's user has no other way to reach all of them
    builder.environment().put("JAVA_TOOL_OPTIONS", YarnCluster.SHORT_LIVED);
    builder.environment().put("SPARK_MASTER_OPTS", "-Dspark.deploy.defaultCores=2");
    processes.add(builder.redirectOutput(log.toFile()).start());
  }

  /** Waits half a minute for a server. */
  @SuppressWarnings("try") // the socket is there to be opened
  static void awaitOpen(int port) throws InterruptedException {
    for (int attempt = 0; attempt < 300; attempt++) {
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
        return;
      } catch (IOException e) {
        Thread.sleep(100);
      }
    }
    throw new AssertionError("Nothing answers on port " + port);
  }

  static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  @Override
  public void close() {
    for (Process process : processes) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly().onExit().join();
    }
  }
}
