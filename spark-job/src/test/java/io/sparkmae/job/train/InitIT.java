package io.sparkmae.job.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkmae.data.PreparedData;
import io.sparkmae.job.Commands;
import io.sparkmae.job.LocalSpark;
import io.sparkmae.job.cluster.SmallData;
import io.sparkmae.job.config.ConfigLayers;
import io.sparkmae.job.config.RunConfig;
import io.sparkmae.job.export.ExportLayout;
import io.sparkmae.job.export.ModelDescription;
import io.sparkmae.job.run.EncoderModel;
import io.sparkmae.job.run.WholeModel;
import io.sparkmae.job.store.Directory;
import io.sparkmae.job.store.Json;
import io.sparkmae.model.MaeGraph;
import io.sparkmae.model.MaeWeights;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Tower;
import io.sparkmae.model.config.TrainedPositions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.apache.commons.io.FileUtils;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.SerializableConfiguration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.NoOp;

/** {@code pretrain --init}: training that goes on from another library's weights. */
class InitIT {

  private static final Configuration HADOOP = new Configuration();
  private static final Tower ENCODER = new Tower(48, 2, 3);
  private static final Tower DECODER = new Tower(32, 1, 4);
  private static final MaeConfig FIXED =
      MaeConfig.preset("mae_vit_tiny_patch16").withGeometry(32, 8, 3).withTowers(ENCODER, DECODER);
  private static final MaeConfig TRAINED =
      FIXED.withTowers(ENCODER.withPositions(TrainedPositions.text(noise(17 * 48))), DECODER);

  @TempDir static Path directory;
  private static SparkSession spark;

  private static float[] noise(int length) {
    Random random = new Random(9);
    float[] noise = new float[length];
    for (int i = 0; i < length; i++) {
      noise[i] = (float) (0.3 * random.nextGaussian());
    }
    return noise;
  }

  @BeforeAll
  static void prepareImages() throws Exception {
    spark = LocalSpark.on("local[2]");
    SmallData.draw(at("images"), HADOOP);
    Commands.result(SmallData.prepare(at("images"), at("data")));
  }

  @AfterAll
  static void stopSpark() {
    spark.stop();
  }

  @Test
  void theFirstStepsLossIsThatOfTheImportedWeights() throws Exception {
    for (MaeConfig config : List.of(FIXED, TRAINED)) {
      String init = export(ExportLayout.HUGGINGFACE, config);
      JsonNode trained = pretrain("one step", init, "--epochs", "1", "--batch-size", "15");
      RunConfig run = settings(trained).withPositionsOf(config);
      assertThat(run.init()).isEqualTo(init);
      Minibatch first = RoundPlan.of(run, SmallData.ROWS, 1).at(0).workers().get(0).get(0);
      MinibatchLoader loader =
          new MinibatchLoader(
              PreparedData.open(at("data"), HADOOP),
              Task.masked(run).samples(),
              run,
              1,
              new SerializableConfiguration(HADOOP));
      double expected = WholeModel.of(init, HADOOP).graph().score(loader.load(first), false);
      assertThat(trained.get("loss").asDouble()).isCloseTo(expected, within(1e-5 * expected));
    }
  }

  @Test
  void weightsAndTrainedPositionsAreTheFilesWhereNothingIsLearnt() throws Exception {
    String whole = export(ExportLayout.REFERENCE, TRAINED);
    JsonNode kept = pretrain("kept", whole, "--epochs", "1", "--base-lr", "1e-38");
    assertThat(kept.get("params_sha256").asText())
        .isEqualTo(MaeGraph.create(TRAINED, new NoOp(), 0, 7).paramsSha256());
    String version = kept.get("version").asText();
    assertThat(EncoderModel.of(version, HADOOP).config()).isEqualTo(TRAINED);
    assertThat(WholeModel.of(version, HADOOP).graph().maeConfig()).isEqualTo(TRAINED);
    Commands.result(
        "export",
        "--model",
        version,
        "--output",
        at("again"),
        "--layout",
        "reference",
        "--decoder");
    assertThat(Files.readAllBytes(directory.resolve("again/model.safetensors")))
        .isEqualTo(Files.readAllBytes(Path.of(whole, "model.safetensors")));
    Commands.result("export", "--model", version, "--output", at("zip"), "--layout", "dl4j");

    // and a run may start from a version of ours
    JsonNode again = pretrain("ours", version, "--epochs", "1", "--base-lr", "1e-38");
    assertThat(again.get("params_sha256")).isEqualTo(kept.get("params_sha256"));
    assertThat(EncoderModel.of(again.get("version").asText(), HADOOP).config()).isEqualTo(TRAINED);
  }

  @Test
  void anEncoderAloneGetsADecoderFromTheSeed() throws Exception {
    String init = export(ExportLayout.TIMM, FIXED);
    JsonNode trained = pretrain("alone", init, "--epochs", "1", "--base-lr", "1e-38");
    assertThat(Commands.stderr()).contains("has no decoder: a new one is drawn from seed 3");
    MaeGraph expected = MaeGraph.create(FIXED, new NoOp(), 0, 3);
    MaeWeights.loadPart(expected, MaeWeights.encoder(MaeGraph.create(FIXED, new NoOp(), 0, 7)));
    assertThat(trained.get("params_sha256").asText()).isEqualTo(expected.paramsSha256());
  }

  @Test
  void aResumeDoesNotReadTheFileAgain() throws Exception {
    String init = export(ExportLayout.HUGGINGFACE, TRAINED);
    String[] more = {
      "--epochs", "3", "--batch-size", "5", "--checkpoint-rounds", "1", "--keep-last", "9"
    };
    JsonNode whole = pretrain("whole", init, more);
    Path cut = directory.resolve("whole");
    try (Stream<Path> versions = Files.list(cut)) {
      for (Path path : versions.filter(p -> !p.endsWith("v000002")).toList()) {
        FileUtils.forceDelete(path.toFile());
      }
    }
    FileUtils.deleteDirectory(Path.of(init).toFile());
    JsonNode resumed = pretrain("whole", init, more);
    assertThat(Commands.stderr()).contains("going on from").doesNotContain("starting from");
    assertThat(resumed.get("params_sha256")).isEqualTo(whole.get("params_sha256"));
    assertThat(EncoderModel.of(resumed.get("version").asText(), HADOOP).config())
        .isEqualTo(TRAINED);

    assertThat(Commands.exitCode(arguments("whole", "/elsewhere", more))).isNotZero();
  }

  @Test
  void anotherImageSizeResizesTrainedPositions() throws Exception {
    String init = export(ExportLayout.HUGGINGFACE, TRAINED);
    JsonNode larger =
        pretrain("larger", init, "--epochs", "1", "--base-lr", "1e-38", "--image-size", "48");
    EncoderModel encoder = EncoderModel.of(larger.get("version").asText(), HADOOP);
    assertThat(encoder.config()).isEqualTo(TRAINED.withImageSize(48));
    assertThat(larger.get("params_sha256").asText())
        .isEqualTo(MaeGraph.create(TRAINED, new NoOp(), 0, 7).paramsSha256());
    INDArray positions = EncoderModel.of(init, HADOOP).at(48).weights().get("pos_embed");
    assertThat(encoder.weights().get("pos_embed")).isEqualTo(positions);

    JsonNode embedded =
        Commands.result(
            "embed",
            "--model",
            init,
            "--data",
            at("data"),
            "--output",
            at("features"),
            "--image-size",
            "48");
    assertThat(embedded.get("rows").asInt()).isEqualTo(SmallData.ROWS);
  }

  @Test
  void otherTowersAreNamed() throws Exception {
    String init = export(ExportLayout.HUGGINGFACE, FIXED);
    String[] command = arguments("no", init, "--epochs", "1", "--set", "model.decoder-depth=2");
    assertThat(Commands.exitCode(command)).isEqualTo(2);
    assertThat(Commands.stderr())
        .contains("Cannot start from " + init + ": model.decoder-depth is 1 there and 2 here");
  }

  private static JsonNode pretrain(String output, String init, String... more) throws Exception {
    return Commands.result(arguments(output, init, more));
  }

  private static String[] arguments(String output, String init, String... more) {
    List<String> arguments = new ArrayList<>();
    arguments.addAll(List.of("pretrain", "--data", at("data"), "--output", at(output)));
    arguments.addAll(List.of("--init", init, "--workers", "1", "--seed", "3"));
    arguments.addAll(List.of("--model", "mae_vit_tiny_patch16"));
    if (!List.of(more).contains("--image-size")) {
      arguments.addAll(List.of("--image-size", "32"));
    }
    arguments.addAll(List.of("--resume", output.equals("whole") ? "auto" : "never"));
    arguments.addAll(List.of(more));
    if (!List.of(more).contains("--set")) {
      arguments.add("--set");
      arguments.add("model.decoder-depth=1");
    }
    arguments.addAll(List.of("model.patch-size=8", "model.embed-dim=48", "model.depth=2"));
    arguments.addAll(List.of("model.num-heads=3", "model.decoder-embed-dim=32"));
    arguments.add("model.decoder-num-heads=4");
    return arguments.toArray(String[]::new);
  }

  /** Writes weights drawn from seed 7 as another library's, with what it needs to be read. */
  private static String export(ExportLayout layout, MaeConfig config) throws IOException {
    Path written = Files.createTempDirectory(directory, layout.toString());
    Map<String, INDArray> weights = MaeWeights.all(MaeGraph.create(config, new NoOp(), 0, 7));
    layout.write(
        new ModelDescription("mae_vit_tiny_patch16", config),
        weights,
        Directory.at(written.toString(), HADOOP)::file);
    return written.toString();
  }

  private static RunConfig settings(JsonNode result) throws IOException {
    Path record = Path.of(result.get("version").asText().replace("file:", ""), "state/run.json");
    JsonNode run = Json.parse(Files.readString(record), JsonNode.class);
    return ConfigLayers.ofText(run.get("settings").asText());
  }

  private static String at(String name) {
    return directory.resolve(name).toString();
  }
}
