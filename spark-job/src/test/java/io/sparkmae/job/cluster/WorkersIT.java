package io.sparkmae.job.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkmae.job.cluster.MaeProcess.Result;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Without --workers there is one for each task slot, and the checkpoint says how many. */
class WorkersIT {

  private static final int BAD_OPTIONS = 2;

  @TempDir static Path directory;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "local[4]                | spark.task.cpus           | 2  | 2",
        "local-cluster[2,2,1024] | spark.task.cpus           | 2  | 2",
        "local-cluster[2,1,1024] | spark.default.parallelism | 10 | 2"
      })
  void areTheSlots(String master, String key, String value, int workers) throws Exception {
    String model = "model " + master.replaceAll("\\W+", " ") + key;
    Result result = MaeProcess.on(master, directory).with(key, value).run(pretrain(model));
    assertThat(result.exitCode()).as(result.faults()).isZero();
    assertThat(result.err()).contains(" " + workers + " workers ");
    assertThat(Files.readString(directory.resolve(model).resolve("v000001/state/run.json")))
        .containsPattern("\"workers\" : " + workers + "\\b");
  }

  @Test
  void areAllThatAStandaloneMasterHasAndNoneWhereATaskTakesMoreCoresThanAnExecutorHas()
      throws Exception {
    try (StandaloneCluster cluster = new StandaloneCluster(directory)) {
      areTheSlots(cluster.master(), "spark.cores.max", "100", 2);
      MaeProcess mae = MaeProcess.on(cluster.master(), directory).with("spark.task.cpus", "2");
      Result result = mae.run(pretrain("none"));
      assertThat(result.exitCode()).as(result.faults()).isEqualTo(BAD_OPTIONS);
      assertThat(result.sentences()).last().asString().contains("Invalid spark.task.cpus: 2 (");
    }
  }

  @Test
  void areNotCountedWhereExecutorsComeAndGo() throws Exception {
    MaeProcess mae = MaeProcess.on("local-cluster[1,1,1024]", directory);
    Result result =
        mae.with("spark.dynamicAllocation.enabled", "true")
            .with("spark.dynamicAllocation.shuffleTracking.enabled", "true")
            .run(pretrain("refused"));
    assertThat(result.exitCode()).as(result.faults()).isEqualTo(BAD_OPTIONS);
    assertThat(result.sentences()).last().asString().contains("give --workers");
  }

  private static String[] pretrain(String model) throws Exception {
    List<String> arguments =
        Arrays.asList(
            SmallData.pretrain(SmallData.prepared(), directory.resolve(model).toString()));
    arguments.set(1 + arguments.indexOf("--workers"), "0");
    return arguments.toArray(String[]::new);
  }
}
