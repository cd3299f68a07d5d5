package io.sparkmae.deploy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A standalone master and workers, started by {@code deploy/bin/spark-class} as the docs say. */
final class Standalone implements AutoCloseable {

  private final Path directory;
  private final int port = freePort();
  private final List<Process> processes = new ArrayList<>();

  Standalone(Path directory, int workers, int cores) throws IOException, InterruptedException {
    this.directory = directory;
    start("master.Master", "--port", Integer.toString(port));
    awaitOpen(port);
    for (int i = 0; i < workers; i++) {
      String work = directory.resolve("work-" + i).toString();
      String each = Integer.toString(cores);
      start("worker.Worker", "--cores", each, "--memory", "4g", "--work-dir", work, master());
    }
  }

  String master() {
    return "spark://127.0.0.1:" + port;
  }

  List<ProcessHandle> executors() {
    return processes.stream()
        .flatMap(Process::descendants)
        .filter(process -> runs(process, "CoarseGrainedExecutorBackend"))
        .toList();
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
    command.addAll(List.of("--webui-port", "0"));
    command.addAll(List.of(arguments));
    Path log = directory.resolve(daemon + processes.size() + ".log");
    processes.add(
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start());
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
