package io.sparkmae.job.train;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;

import io.sparkmae.data.prepare.PrepareJob;
import io.sparkmae.data.prepare.PrepareSettings;
import io.sparkmae.job.LocalSpark;
import io.sparkmae.job.cluster.JavaProcess;
import io.sparkmae.job.demo.DemoImages;
import io.sparkmae.job.store.Directory;
import io.sparkmae.job.train.GpuRun.Place;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A machine with four cores and two GPUs, which a script makes up. */
class GpuIT {

  private static final Duration LIMIT = Duration.ofMinutes(2);

  @TempDir static Path directory;
  private static String data;
  private static String ofTwo;
  private static String ofThree;

  @BeforeAll
  static void trainWithoutGpus() throws Exception {
    data = directory.resolve("data").toUri().toString();
    try (SparkSession spark = LocalSpark.on("local[2]")) {
      String images = directory.resolve("images").toUri().toString();
      DemoImages.render(Directory.at(images, spark.sparkContext().hadoopConfiguration()), 6, 1);
      PrepareJob.run(spark, new PrepareSettings(List.of(images), data, "folder", 0, 92, 1));
      ofTwo = Pretraining.train(spark, TinyRun.of(data, 2)).graph().paramsSha256();
      ofThree = Pretraining.train(spark, TinyRun.of(data, 3)).graph().paramsSha256();
    }
  }

  @Test
  void workersAreAsManyAsGpusAndHaveOneEachInOneExecutor() throws Exception {
    List<Place> places = train(0, 2, ofTwo);
    assertThat(values(places, Place::step, Place::address)).containsOnly(Set.of("0", "1"));
    assertThat(values(places, Place::step, Place::share)).containsOnly(Set.of(0, 1));
    assertThat(values(places, Place::address, Place::graph))
        .hasSize(2)
        .allMatch(graphs -> graphs.size() == 1);
    assertThat(places).extracting(Place::process).containsOnly(places.get(0).process());
  }

  @Test
  void executorsOfOneGpuHaveOneWorkerEach() throws Exception {
    List<Place> places = train(0, 1, ofTwo);
    assertThat(values(places, Place::step, Place::address)).containsOnly(Set.of("0", "1"));
    assertThat(values(places, Place::process, Place::address)).hasSize(2);
    assertThat(values(places, Place::graph, Place::address)).hasSize(2);
  }

  @Test
  void aWorkerStaysOnItsGpuWhateverShareItTakes() throws Exception {
    List<Place> places = train(3, 2, ofThree);
    assertThat(values(places, Place::graph, Place::share)).anyMatch(shares -> shares.size() > 1);
    assertThat(values(places, Place::graph, Place::address)).containsOnly(Set.of("0"), Set.of("1"));
  }

  private static <K, V> List<Set<V>> values(
      List<Place> places, Function<Place, K> key, Function<Place, V> value) {
    return List.copyOf(places.stream().collect(groupingBy(key, mapping(value, toSet()))).values());
  }

  private static List<Place> train(int workers, int gpusOfAnExecutor, String params)
      throws Exception {
    try (JavaProcess process = JavaProcess.start(directory, arguments(workers, gpusOfAnExecutor))) {
      assertThat(process.exitCode(LIMIT)).as(process::err).isZero();
      List<String> lines = process.out().lines().toList();
      assertThat(lines.get(lines.size() - 1)).as(process::err).isEqualTo(params);
      return lines.subList(0, lines.size() - 1).stream().map(Place::parse).toList();
    }
  }

  private static List<String> arguments(int workers, int gpus) throws Exception {
    String script = discoveryScript();
    List<String> arguments = new ArrayList<>(List.of("-Xmx1g", "-cp", JavaProcess.classPath()));
    Map.ofEntries(
            Map.entry("spark.master", "local-cluster[1,4,2048]"),
            Map.entry("spark.ui.enabled", "false"),
            Map.entry("spark.driver.host", "127.0.0.1"),
            Map.entry("spark.local.dir", directory.resolve("spark-local").toString()),
            Map.entry("spark.worker.resource.gpu.amount", "2"),
            Map.entry("spark.worker.resource.gpu.discoveryScript", script),
            Map.entry("spark.executor.resource.gpu.amount", Integer.toString(gpus)),
            Map.entry("spark.executor.resource.gpu.discoveryScript", script),
            Map.entry("spark.task.resource.gpu.amount", "1"),
            Map.entry("spark.scheduler.minRegisteredResourcesRatio", "1"),
            Map.entry("spark.cores.max", "4"),
            Map.entry("spark.executor.cores", Integer.toString(2 * gpus)),
            Map.entry("spark.executor.memory", "1g"),
            Map.entry("spark.executor.extraClassPath", JavaProcess.classPath()),
            Map.entry("spark.executor.extraJavaOptions", JavaProcess.options()))
        .forEach((key, value) -> arguments.add("-D" + key + "=" + value));
    arguments.addAll(List.of(GpuRun.class.getName(), data, Integer.toString(workers)));
    return arguments;
  }

  private static String discoveryScript() throws Exception {
    Path script = directory.resolve("gpus.sh");
    Files.writeString(script, "#!/bin/sh\necho '{\"name\":\"gpu\",\"addresses\":[\"0\",\"1\"]}'\n");
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
    return script.toString();
  }
}
