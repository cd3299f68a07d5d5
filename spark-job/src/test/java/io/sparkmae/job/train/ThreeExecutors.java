package io.sparkmae.job.train;

import io.sparkmae.job.cluster.JavaProcess;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** How a test's main program is started on three executors of its own. */
final class ThreeExecutors {

  private ThreeExecutors() {}

  /** Returns the arguments of {@code java} that run a program in {@code directory}. */
  static List<String> run(Path directory, Class<?> program, String... more) {
    List<String> arguments = new ArrayList<>(List.of("-Xmx1g", "-cp", JavaProcess.classPath()));
    Map.of(
            "spark.master", "local-cluster[3,1,3072]",
            "spark.ui.enabled", "false",
            "spark.driver.host", "127.0.0.1",
            "spark.local.dir", directory.resolve("spark-local").toString(),
            "spark.executor.memory", "3g",
            "spark.executor.extraClassPath", JavaProcess.classPath(),
            "spark.executor.extraJavaOptions", JavaProcess.options())
        .forEach((key, value) -> arguments.add("-D" + key + "=" + value));
    arguments.add(program.getName());
    arguments.addAll(List.of(more));
    return arguments;
  }
}
