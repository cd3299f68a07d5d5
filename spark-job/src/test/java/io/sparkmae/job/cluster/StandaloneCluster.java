package io.sparkmae.job.cluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Spark's own master and two workers of one core each, as processes. */
final class StandaloneCluster implements AutoCloseable {

  private static final String DEPLOY = "org.apache.spark.deploy.";
  private static final int WORKERS = 2;

  private final Path directory;
  private final Port port = Port.free();
  private final List<JavaProcess> processes = new ArrayList<>();

  /** Starts everything; {@code directory} holds the work of the executors. */
  StandaloneCluster(Path directory) throws IOException {
    this.directory = directory;
    start("master.Master", "--port", Integer.toString(port.number()));
    port.awaitOpen();
    for (int worker = 0; worker < WORKERS; worker++) {
      addAWorker();
    }
  }

  /** Starts one more worker. */
  void addAWorker() throws IOException {
    String work = work(processes.size() - 1).toString();
    start("worker.Worker", "--cores", "1", "--memory", "1g", "--work-dir", work, master());
  }

  /** Tells the second worker that its machine will go, as the daemon of a spot node does. */
  void announceTheEndOfAWorker() throws IOException, InterruptedException {
    processes.get(2).signal("PWR");
  }

  /** Tells the worker of an executor that its machine will go. */
  void announceTheEndOf(String executor) throws IOException, InterruptedException {
    String id = "--executor-id " + executor + " ";
    for (JavaProcess process : processes) {
      if (process.hasAChild(id)) {
        process.signal("PWR");
      }
    }
  }

  /** Returns what an executor said. */
  String logOf(String executor) throws IOException {
    StringBuilder logs = new StringBuilder();
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.filter(path -> path.endsWith(executor + "/stderr")).toList()) {
        logs.append(Files.readString(file));
      }
    }
    return logs.toString();
  }

  /** Kills the executor of the first worker, as a crash in native code would. */
  void killAnExecutor() {
    processes.get(1).killAChild();
  }

  String master() {
    return "spark://127.0.0.1:" + port.number();
  }

  private Path work(int worker) {
    return directory.resolve("worker-" + worker);
  }

  private void start(String daemon, String... arguments) throws IOException {
    List<String> line = new ArrayList<>(List.of("-Xmx256m", "-Dspark.decommission.enabled=true"));
    line.addAll(List.of("-cp", JavaProcess.classPath()));
    line.addAll(List.of(DEPLOY + daemon, "--host", "127.0.0.1", "--webui-port", "0"));
    line.addAll(List.of(arguments));
    processes.add(JavaProcess.start(directory, line));
  }

  @Override
  public void close() {
    processes.forEach(JavaProcess::close);
  }
}
