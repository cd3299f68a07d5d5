package io.sparkmae.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkmae.job.config.ConfigLayers;
import io.sparkmae.job.config.RunConfig;
import io.sparkmae.job.failure.ExitCode;
import io.sparkmae.job.run.RunRecord;
import io.sparkmae.job.store.ModelStore;
import io.sparkmae.job.store.VersionWriter;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.commons.lang3.ArrayUtils;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MaeTest {

  @TempDir Path directory;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final PrintStream stderr = System.err;

  @BeforeEach
  void captureStderr() {
    System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
  }

  @AfterEach
  void restoreStderr() {
    System.setErr(stderr);
  }

  @Test
  void everyCommandOfTheDesignIsThere() {
    assertThat(Mae.commandLine().getSubcommands().keySet())
        .containsExactlyInAnyOrder(
            "demo",
            "prepare",
            "inspect",
            "plan",
            "pretrain",
            "finetune",
            "reconstruct",
            "attention",
            "report",
            "embed",
            "predict",
            "probe",
            "export",
            "verify",
            "conformance",
            "benchmark");
  }

  @Test
  void badSharesAreRefusedBeforeAnythingIsRead() {
    assertThat(run("prepare", "--input", "i", "--output", "o", "--validation-share", "1.5"))
        .isEqualTo(ExitCode.BAD_OPTIONS);
    assertThat(run("prepare", "--input", "i", "--output", "o", "--least-rows", "2"))
        .isEqualTo(ExitCode.BAD_OPTIONS);
    assertThat(run("benchmark", "data", "--data", "d", "--threads", "0"))
        .isEqualTo(ExitCode.BAD_OPTIONS);
    assertThat(err())
        .contains("mae: Invalid share of the samples: 0.0 to 1.5 (must be 0 <= from <= to <= 1)")
        .contains("mae: Invalid share of rows: 2.0 (must be in [0, 1])")
        .contains("mae: Invalid threads: 0 (must be at least 1)");
  }

  @Test
  void anEmptyValueIsNamed() {
    String[][] lines = {
      {"prepare", "--input", "i", "--output", ""},
      {"verify", "--model="},
      {"prepare", "--input", "i", "", "--output", "o"},
      {"inspect", "--data", "d", "--result", ""},
      {"probe", "--model", "m", "--like=", "--train", "t", "--test", "t"},
      {"pretrain", "--config", "", "--data", "d", "--output", "o"},
      {"reconstruct", "--model", "m", "--images", "i", "--output="},
      {"plan", "--model", "", "--data", "5"},
      {"benchmark", "data", "--data="},
    };
    List<String> named =
        List.of("output", "model", "input", "result", "like", "config", "output", "model", "data");
    for (int i = 0; i < lines.length; i++) {
      err.reset();
      assertThat(run(lines[i])).as(String.join(" ", lines[i])).isEqualTo(ExitCode.BAD_OPTIONS);
      assertThat(err()).contains("mae: Invalid --" + named.get(i) + ": '' (must not be empty");
    }
  }

  @Test
  void anOutputThatExistsIsRefusedBeforeAnythingIsRead() {
    for (String command : new String[] {"embed", "predict"}) {
      String output = directory.toString();
      assertThat(run(command, "--model", "m", "--data", "d", "--output", output))
          .isEqualTo(ExitCode.BAD_OPTIONS);
      assertThat(err()).contains("(must not exist; name another, or delete it)");
    }
  }

  @Test
  void optionsThatNothingReadsAreRefused() {
    String[] probe = {"probe", "--model", "pixels", "--train", "t", "--test", "t"};
    assertThat(run(ArrayUtils.addAll(probe, "--epochs=3"))).isEqualTo(ExitCode.BAD_OPTIONS);
    assertThat(run(ArrayUtils.addAll(probe, "--method=knn", "--recipe=paper")))
        .isEqualTo(ExitCode.BAD_OPTIONS);
    assertThat(run(probe)).isEqualTo(ExitCode.BAD_OPTIONS);
    assertThat(run("benchmark", "step", "--engine=graph", "--profile"))
        .isEqualTo(ExitCode.BAD_OPTIONS);
    assertThat(err())
        .contains("mae: Invalid --profile (engine graph cannot be measured by operation;")
        .contains("mae: Invalid --epochs: 3 (must be left out, or give --recipe paper)")
        .contains("mae: Invalid --recipe: paper (must be left out with --method knn)")
        .contains("mae: No geometry for pixels (give --like MODEL, or --set");
  }

  @Test
  void helpIsNoFailure() {
    assertThat(run("pretrain", "--help")).isEqualTo(ExitCode.DONE);
    assertThat(out()).contains("--averaging-frequency").contains("over the data. Default: 800.");
  }

  @Test
  void versionNamesTheCommitAndWhatItRunsOn() {
    assertThat(run("--version")).isEqualTo(ExitCode.DONE);
    assertThat(out().lines())
        .satisfiesExactly(
            build ->
                assertThat(build).matches("spark-mae \\S+, commit (unknown|\\S*[0-9a-f]{12}\\S*)"),
            runtime ->
                assertThat(runtime)
                    .startsWith("Spark " + org.apache.spark.package$.MODULE$.SPARK_VERSION())
                    .contains("Java " + Runtime.version()),
            arithmetic ->
                assertThat(arithmetic).matches("ND4J \\S+, oneDNN [\\d.]+, OpenBLAS \\S+"),
            images -> assertThat(images).contains("leptonica-1.", "libjpeg", "libwebp"));
  }

  @Test
  void missingCommandAndOptionsAreBadOptions() {
    assertThat(run()).isEqualTo(ExitCode.BAD_OPTIONS);
    assertThat(run("pretrain")).isEqualTo(ExitCode.BAD_OPTIONS);
    assertThat(err()).contains("mae: Missing required option: '--output=URI'");
  }

  @Test
  void unknownSettingNamesTheNearest() {
    assertThat(pretrain("--set", "model.embed-dims=192")).isEqualTo(ExitCode.BAD_OPTIONS);
    assertThat(err())
        .contains(
            "mae: Unknown setting in the command line: model.embed-dims (did you mean model.embed-dim?)");
  }

  @Test
  void settingGivenTwiceIsRefused() {
    assertThat(pretrain("--epochs", "3", "--set", "train.epochs=4"))
        .isEqualTo(ExitCode.BAD_OPTIONS);
    assertThat(err()).contains("Setting given twice: train.epochs");
  }

  @Test
  void badGeometryIsRefusedInOneSentence() {
    assertThat(pretrain("--image-size", "225")).isEqualTo(ExitCode.BAD_OPTIONS);
    assertThat(err()).contains("mae: Invalid imageSize: 225 (must be a multiple of patchSize 16)");
    assertThat(err()).doesNotContain("\tat ");
  }

  @Test
  void resultsDoNotTravelInTf32() {
    assertThat(pretrain("--set", "averaging.exchange-precision=tf32"))
        .isEqualTo(ExitCode.BAD_OPTIONS);
    assertThat(err())
        .contains("Invalid averaging.exchange-precision: tf32 (must be one of fp32, bf16, int4)");
  }

  @Test
  void theGraphEngineHasNoBf16() {
    assertThat(pretrain("--engine", "graph", "--precision", "bf16"))
        .isEqualTo(ExitCode.BAD_OPTIONS);
    assertThat(err()).contains("Invalid precision: bf16 (the graph engine computes in fp32");
  }

  @Test
  void unknownOptionNamesTheNearest() {
    assertThat(pretrain("--epocs", "3")).isEqualTo(ExitCode.BAD_OPTIONS);
    assertThat(err()).contains("mae: Unknown option").contains("(did you mean --epochs?)");
  }

  @Test
  void passwordsInUrisAreRefusedAndNotShown() throws Exception {
    Path config = Files.writeString(directory.resolve("run.conf"), "data.uri = \"s3a://K:S@b/d\"");
    for (String uri : List.of("s3a://KEY:S/E+C@bucket/in", "hdfs://mae:pass@nn:8020/in")) {
      assertThat(run("prepare", "--input", uri, "--output", "o")).isEqualTo(ExitCode.BAD_OPTIONS);
      assertThat(run("prepare", "--input=" + uri, "--output", "o")).isEqualTo(ExitCode.BAD_OPTIONS);
    }
    assertThat(run("pretrain", "--output", "o", "--config", config.toString()))
        .isEqualTo(ExitCode.BAD_OPTIONS);
    assertThat(err())
        .contains("mae: Invalid option: s3a://***@bucket/in (must be without user and password")
        .contains("mae: Invalid data.uri")
        .doesNotContain("S/E+C", "pass@", "K:S");
  }

  @Test
  void theResultGoesToAFileToo() throws Exception {
    writeVersion();
    Path file = directory.resolve("out/result.json");
    assertThat(run("verify", "--model", directory.toString(), "--result", file.toString()))
        .isEqualTo(ExitCode.DONE);
    assertThat(file)
        .hasContent(
            "{\"exit_code\":0,\"versions\":[{\"name\":\"v000001\",\"state\":\"complete\"}],\"first_broken_file\":null}");
    Files.writeString(directory.resolve("v000001/a.txt"), "cut");
    run("verify", "--model", directory.toString(), "--result=" + file);
    assertThat(file).content().startsWith("{\"exit_code\":3,\"versions\":");
  }

  @Test
  void failuresHaveAResultToo() throws Exception {
    Path file = Files.writeString(directory.resolve("result.json"), "of an earlier command");
    pretrain("--epocs", "3", "--result", file.toString());
    assertThat(file).content().startsWith("{\"exit_code\":2,\"error\":\"Unknown option");
    run("verify", "--model", directory.resolve("none").toString(), "--result", file.toString());
    assertThat(file)
        .content()
        .startsWith("{\"exit_code\":3,\"error\":\"No whole model at ")
        .endsWith("\"because\":[]}\n");
    assertThat(run("pretrain", "--help", "--result", file.toString())).isEqualTo(ExitCode.DONE);
    assertThat(file).doesNotExist();
  }

  @Test
  void aResultIsAFile() {
    assertThat(run("verify", "--model", "m", "--result", directory.toString()))
        .isEqualTo(ExitCode.BAD_OPTIONS);
    assertThat(err()).contains("(must be a file, not a directory)");
  }

  @Test
  void twoCallsInOneJvmLeaveNothingBehind() throws Exception {
    writeVersion();
    PrintStream before = System.out;
    try {
      PrintStream stdout = new PrintStream(out, true, StandardCharsets.UTF_8);
      System.setOut(stdout);
      for (int call = 0; call < 2; call++) {
        Mae.main(new String[] {"verify", "--model", directory.toString()});
        assertThat(System.out).isSameAs(stdout);
      }
    } finally {
      System.setOut(before);
    }
    assertThat(out().lines()).hasSize(2).allMatch(line -> line.contains("complete"));
  }

  @Test
  void verboseAddsTheTrace() {
    assertThat(pretrain("--epochs", "0", "--verbose")).isEqualTo(ExitCode.BAD_OPTIONS);
    assertThat(err()).contains("Invalid train.epochs: 0 (must be at least 1)").contains("\tat ");
  }

  @Test
  void finishedRunAnswersAtOnce() throws Exception {
    RunConfig run = ConfigLayers.runConfig(Map.of("data.uri", "d"), null, new Configuration());
    VersionWriter version = ModelStore.at(directory.toString(), new Configuration()).begin();
    RunRecord.write(version, run, RunRecord.Place.UNKNOWN, Map.of("loss", 0.5));
    version.commit();
    assertThat(pretrain()).isEqualTo(ExitCode.DONE);
    assertThat(out()).isEqualTo("{\"loss\":0.5}\n");
  }

  @Test
  void verifyOfAWholeStoreIsOneLineOfJson() throws Exception {
    writeVersion();
    assertThat(run("verify", "--model", directory.toString())).isEqualTo(ExitCode.DONE);
    assertThat(out())
        .isEqualTo(
            "{\"versions\":[{\"name\":\"v000001\",\"state\":\"complete\"}],\"first_broken_file\":null}\n");
  }

  @Test
  void verifyOfABrokenStoreIsBadData() throws Exception {
    writeVersion();
    Files.writeString(directory.resolve("v000001/a.txt"), "cut");
    assertThat(run("verify", "--model", directory.toString())).isEqualTo(ExitCode.BAD_DATA);
    assertThat(out()).contains("\"first_broken_file\":\"v000001/a.txt\"");
  }

  @Test
  void missingModelIsBadData() {
    assertThat(run("verify", "--model", directory.resolve("none").toString()))
        .isEqualTo(ExitCode.BAD_DATA);
    assertThat(err()).contains("mae: No whole model at ");
  }

  @Test
  void missingConfigFileIsBadData() {
    assertThat(pretrain("--config", directory.resolve("none.conf").toString()))
        .isEqualTo(ExitCode.BAD_DATA);
    assertThat(err()).contains("none.conf");
  }

  private void writeVersion() throws Exception {
    VersionWriter version = ModelStore.at(directory.toString(), new Configuration()).begin();
    version.file("a.txt", out -> out.write("whole".getBytes(StandardCharsets.UTF_8)));
    version.commit();
  }

  private int pretrain(String... more) {
    List<String> args = new ArrayList<>(List.of("pretrain", "--data", "d", "--output"));
    args.add(directory.toString());
    args.addAll(List.of(more));
    return run(args.toArray(String[]::new));
  }

  private int run(String... args) {
    return Mae.run(args, new PrintStream(out, true, StandardCharsets.UTF_8));
  }

  private String out() {
    return out.toString(StandardCharsets.UTF_8);
  }

  private String err() {
    return err.toString(StandardCharsets.UTF_8);
  }
}
