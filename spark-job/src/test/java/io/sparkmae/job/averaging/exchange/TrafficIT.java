package io.sparkmae.job.averaging.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkmae.job.benchmark.AveragingBenchmark;
import io.sparkmae.job.cluster.JavaProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What executors fetch in a round is what was counted on paper, to the byte. */
class TrafficIT {

  @TempDir Path directory;

  @Test
  void executorsFetchWhatWasCountedOnPaper() throws Exception {
    String out = run();
    System.err.println(out);
    Slices slices = new Slices(AveragingBenchmark.parameters(TrafficRun.PARAMETERS), 0);
    ExchangePlan plan = new ExchangePlan(slices, TrafficRun.EXECUTORS, true);
    for (ExchangePrecision precision : ExchangePrecision.values()) {
      Traffic traffic = Traffic.of(plan, precision, TrafficRun.EXECUTORS);
      assertThat(out).contains("%s %d\n".formatted(precision, traffic.fetchedBytes()));
    }
  }

  private String run() throws Exception {
    List<String> arguments = new ArrayList<>(List.of("-Xmx512m", "-cp", JavaProcess.classPath()));
    Map.of(
            "spark.master", "local-cluster[3,1,768]",
            "spark.ui.enabled", "false",
            "spark.driver.host", "127.0.0.1",
            "spark.locality.wait", "0",
            "spark.local.dir", directory.resolve("spark-local").toString(),
            "spark.executor.memory", "768m",
            "spark.executor.extraClassPath", JavaProcess.classPath(),
            "spark.executor.extraJavaOptions", JavaProcess.options(),
            "spark.cores.max", "3",
            "spark.scheduler.minRegisteredResourcesRatio", "1")
        .forEach((key, value) -> arguments.add("-D" + key + "=" + value));
    arguments.add(TrafficRun.class.getName());
    try (JavaProcess process = JavaProcess.start(directory, arguments)) {
      assertThat(process.exitCode(Duration.ofMinutes(3))).as(process::err).isZero();
      return process.out();
    }
  }
}
