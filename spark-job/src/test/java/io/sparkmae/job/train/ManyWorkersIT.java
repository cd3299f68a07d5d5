package io.sparkmae.job.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkmae.data.prepare.PrepareJob;
import io.sparkmae.data.prepare.PrepareSettings;
import io.sparkmae.job.LocalSpark;
import io.sparkmae.job.cluster.JavaProcess;
import io.sparkmae.job.demo.DemoImages;
import io.sparkmae.job.store.Directory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Up to 64 workers that take turns on two cores, of one process and of executors. */
class ManyWorkersIT {

  private static final Duration LIMIT = Duration.ofMinutes(4);
  private static final int ROWS = 192;

  @TempDir Path directory;

  @Test
  void allTrainEveryImageOnceAnEpochAndExecutorsToTheSameBits() throws Exception {
    String data = prepare();
    List<String> here = lines("local[2]", data);
    assertThat(here).hasSize(6);
    assertThat(here).allMatch(line -> line.contains(": 576 samples, 576 different, "));
    assertThat(here).extracting(line -> line.split("[,;] ")[3]).containsOnly(hashOfSamples(here));
    assertThat(here).extracting(line -> line.split("; ")[1]).doesNotHaveDuplicates();
    assertThat(lines("local-cluster[2,1,1024]", data)).isEqualTo(here);
  }

  private static String hashOfSamples(List<String> lines) {
    return lines.get(0).split("[,;] ")[3];
  }

  private String prepare() throws Exception {
    String data = directory.resolve("data").toUri().toString();
    try (SparkSession spark = LocalSpark.on("local[2]")) {
      String images = directory.resolve("images").toUri().toString();
      DemoImages.render(
          Directory.at(images, spark.sparkContext().hadoopConfiguration()), ROWS / 8, 1);
      PrepareJob.run(spark, new PrepareSettings(List.of(images), data, "folder", 0, 92, 1));
    }
    return data;
  }

  private List<String> lines(String master, String data) throws Exception {
    List<String> arguments = new ArrayList<>(List.of("-Xmx1g", "-cp", JavaProcess.classPath()));
    Map.of(
            "spark.master",
            master,
            "spark.ui.enabled",
            "false",
            "spark.driver.host",
            "127.0.0.1",
            "spark.locality.wait",
            "0",
            "spark.local.dir",
            directory.resolve("spark-local").toString(),
            "spark.executor.memory",
            "1g",
            "spark.executor.extraClassPath",
            JavaProcess.classPath(),
            "spark.executor.extraJavaOptions",
            JavaProcess.options())
        .forEach((key, value) -> arguments.add("-D" + key + "=" + value));
    arguments.addAll(List.of(ManyWorkersRun.class.getName(), data));
    try (JavaProcess process = JavaProcess.start(directory, arguments)) {
      assertThat(process.exitCode(LIMIT)).as(process::err).isZero();
      return process.out().lines().filter(line -> line.contains(" workers, ")).toList();
    }
  }
}
