package io.sparkmae.job.benchmark;

import io.sparkmae.job.store.Json;
import io.sparkmae.model.engine.Engines;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** Runs {@link StepBenchmark} in a process of its own. */
public final class StepProcess {

  private StepProcess() {}

  /**
   * Measures in a new process of the same Java and class path, which has its own number of threads.
   *
   * @throws IOException if the process fails; its messages are on stderr
   */
  public static StepResult measure(StepBenchmark.Settings settings, int threads)
      throws IOException, InterruptedException {
    Path jar =
        Path.of(StepBenchmark.class.getProtectionDomain().getCodeSource().getLocation().getPath());
    ProcessBuilder process =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx1g",
            // a small heap: a step works outside it, and garbage would raise the measured memory
            "-Xms32m",
            "-Xmn16m",
            "-XX:+UseSerialGC",
            // no limits, so that the measured memory is what a step needs
            "-Dorg.bytedeco.javacpp.maxbytes=0",
            "-Dorg.bytedeco.javacpp.maxphysicalbytes=0",
            "-cp",
            jar + File.pathSeparator + System.getProperty("java.class.path"),
            StepBenchmark.class.getName(),
            Json.line(settings));
    process.environment().put("OMP_NUM_THREADS", Integer.toString(threads));
    Engines.environment().forEach(process.environment()::putIfAbsent);
    Process running = process.redirectError(ProcessBuilder.Redirect.INHERIT).start();
    String out = new String(running.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (running.waitFor() != 0) {
      throw new IOException(
          "The benchmark's process ended with code "
              + running.exitValue()
              + " (its messages are above)");
    }
    List<String> lines = out.lines().toList();
    return Json.parse(lines.get(lines.size() - 1), StepResult.class);
  }
}
