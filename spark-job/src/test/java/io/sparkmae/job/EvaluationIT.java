package io.sparkmae.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkmae.job.cluster.SmallData;
import io.sparkmae.job.failure.ExitCode;
import io.sparkmae.job.run.EncoderModel;
import io.sparkmae.job.store.Json;
import io.sparkmae.model.Dl4jZip;
import io.sparkmae.model.MaeGraph;
import io.sparkmae.model.config.MaskSampling;
import io.sparkmae.model.file.Safetensors;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import javax.imageio.ImageIO;
import org.apache.commons.lang3.ArrayUtils;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;

/** What can be done with a trained model, each by its command. */
class EvaluationIT {

  @TempDir static Path directory;
  private static SparkSession spark;
  private static JsonNode trained;

  @BeforeAll
  static void train() throws Exception {
    spark = LocalSpark.on("local[2]");
    SmallData.draw(at("images"), new Configuration());
    Commands.result(SmallData.prepare(at("images"), at("data")));
    trained = Commands.result(SmallData.pretrain(at("data"), at("model")));
  }

  @AfterAll
  static void stopSpark() {
    spark.stop();
  }

  @Test
  void aFinishedRunIsTheResultAtOnce() throws Exception {
    assertThat(Commands.result(SmallData.pretrain(at("data"), at("model")))).isEqualTo(trained);
    assertThat(directory.resolve("model/v000002")).doesNotExist();
  }

  @Test
  void reconstructDrawsAPicture() throws Exception {
    JsonNode result =
        Commands.result(SmallData.reconstruct(at("model"), at("images"), at("p.png"), 3));
    assertThat(result.get("images").asInt()).isEqualTo(3);
    assertThat(result.get("psnr").asDouble()).isBetween(0.0, 60.0);
    assertThat(ImageIO.read(directory.resolve("p.png").toFile()).getHeight())
        .isGreaterThan(3 * 128);
  }

  @Test
  void aSweepOfMaskRatiosIsOnePictureAndAPsnrForEach() throws Exception {
    JsonNode result = reconstruct("sweep.png", "--mask-ratio", "0.5,0.75,0.9");
    assertThat(result.get("psnr_by_mask_ratio").fieldNames())
        .toIterable()
        .containsExactly("0.5", "0.75", "0.9");
    assertThat(ImageIO.read(directory.resolve("sweep.png").toFile()).getWidth())
        .isGreaterThan(4 * 128);
    JsonNode one = reconstruct("one.png", "--mask-ratio", "0.75");
    assertThat(one.get("psnr")).isEqualTo(result.get("psnr_by_mask_ratio").get("0.75"));
    assertThat(one.get("psnr")).isEqualTo(reconstruct("own.png").get("psnr"));
  }

  @Test
  void otherMasksGiveOtherPictures() throws Exception {
    Set<Double> psnr = new HashSet<>();
    for (String sampling : new String[] {"random", "block", "grid"}) {
      psnr.add(reconstruct("p.png", "--mask-sampling", sampling).get("psnr").asDouble());
    }
    assertThat(psnr).hasSize(3);
  }

  @Test
  void aModelKnowsTheMasksThatItTrainedWith() throws Exception {
    String[] pretrain = SmallData.pretrain(at("data"), at("blocks"));
    pretrain = ArrayUtils.addAll(pretrain, "--mask-sampling=block");
    Commands.result(pretrain);
    EncoderModel model = EncoderModel.of(at("blocks"), new Configuration());
    assertThat(model.config().maskSampling()).isEqualTo(MaskSampling.BLOCK);
  }

  @Test
  void attentionIsAPicture() throws Exception {
    JsonNode result =
        Commands.result(
            "attention",
            "--model",
            at("model"),
            "--images",
            at("images"),
            "--output",
            at("attention.png"),
            "--count=2",
            "--each-head",
            "--image-size=48");
    assertThat(result.get("images").asInt()).isEqualTo(2);
    assertThat(result.get("heads").asInt()).isEqualTo(3);
    assertThat(ImageIO.read(directory.resolve("attention.png").toFile()).getWidth())
        .isGreaterThan(6 * 128);
  }

  private static JsonNode reconstruct(String picture, String... options) throws Exception {
    String[] command = {
      "reconstruct", "--model", at("model"), "--images", at("images"), "--output", at(picture)
    };
    return Commands.result(ArrayUtils.addAll(command, options));
  }

  @Test
  void embedWritesOneVectorAnImage() throws Exception {
    JsonNode result =
        Commands.result(
            "embed", "--model", at("model"), "--data", at("data"), "--output", at("features"));
    assertThat(result.get("rows").asInt()).isEqualTo(SmallData.ROWS);
    assertThat(result.get("dim").asInt()).isEqualTo(48);
    assertThat(spark.read().parquet(at("features")).select("key").distinct().count())
        .isEqualTo(SmallData.ROWS);
  }

  @Test
  void probesLiveBesideNd4j()
      throws Exception { // Spark ML with the system's OpenBLAS would kill this JVM
    for (String method : new String[] {"--method=linear", "--method=knn", "--recipe=paper"}) {
      for (String model : new String[] {at("model"), "random:1", "pixels"}) {
        String[] few = method.endsWith("paper") ? new String[] {"--epochs=2"} : new String[0];
        JsonNode result = probe(model, ArrayUtils.addAll(few, method, "--like", at("model")));
        assertThat(result.get("rows").asInt()).isEqualTo(SmallData.ROWS);
        assertThat(result.get("top1").asDouble()).isBetween(0.0, 1.0);
        assertThat(result.get("files")).isEmpty();
      }
    }
  }

  @Test
  void thePapersProbeGivesTheSameAgainAndItsFiles() throws Exception {
    String[] options = {"--recipe=paper", "--epochs=3", "--seed=2", "--output", at("probe")};
    JsonNode result = probe(at("model"), options);
    assertThat(probe(at("model"), options)).isEqualTo(result);
    assertThat(result.get("recipe").asText()).isEqualTo("paper");
    assertThat(result.get("files").get(1).asText()).isEqualTo(at("probe") + "/confusion.json");
    JsonNode confusion =
        Json.parse(Files.readString(directory.resolve("probe/confusion.json")), JsonNode.class);
    assertThat(confusion.get("classes").get(0).asText()).isEqualTo("checkers");
    int counted = 0;
    for (JsonNode row : confusion.get("counts")) {
      for (JsonNode count : row) {
        counted += count.asInt();
      }
    }
    assertThat(counted).isEqualTo(SmallData.ROWS);
  }

  @Test
  void pixelsNeedNoModel() throws Exception {
    assertThat(probe("pixels", "--image-size=32", "--method=knn", "--k=1").get("top1").asDouble())
        .isOne(); // every image is its own neighbour
  }

  private static JsonNode probe(String model, String... options) throws Exception {
    String[] command = {"probe", "--model", model, "--train", at("data"), "--test", at("data")};
    return Commands.result(ArrayUtils.addAll(command, options));
  }

  @Test
  void exportsAreWhatOtherLibrariesRead() throws Exception {
    Commands.result(
        "export", "--model", at("model"), "--output", at("hf"), "--layout", "huggingface");
    try (InputStream in = Files.newInputStream(directory.resolve("hf/model.safetensors"))) {
      assertThat(Safetensors.read(in).tensors())
          .containsKey("vit.encoder.layer.1.attention.attention.query.weight");
    }
    JsonNode config =
        Json.parse(Files.readString(directory.resolve("hf/config.json")), JsonNode.class);
    assertThat(config.get("hidden_size").asInt()).isEqualTo(48);
  }

  @Test
  void commandsTakeWhatWasExportedLikeTheModelItself() throws Exception {
    List<Row> features = features("model");
    String psnr = reconstruct("own.png").get("psnr").asText();
    String onnx = export("model", "own-onnx", "--layout=onnx").get("sha256").asText();
    for (String layout : new String[] {"timm", "huggingface", "reference"}) {
      boolean whole = !layout.equals("timm");
      String[] decoder = whole ? new String[] {"--decoder"} : new String[0];
      export("model", layout, ArrayUtils.add(decoder, "--layout=" + layout));
      assertThat(features(layout)).as(layout).isEqualTo(features);
      assertThat(export(layout, layout + "-onnx", "--layout=onnx").get("sha256").asText())
          .isEqualTo(onnx);
      String[] reconstruct = {
        "reconstruct", "--model", at(layout), "--images", at("images"), "--output", at("p.png")
      };
      if (whole) {
        assertThat(Commands.result(reconstruct).get("psnr").asText()).as(layout).isEqualTo(psnr);
      } else {
        assertThat(Commands.exitCode(reconstruct)).isEqualTo(ExitCode.BAD_DATA);
        assertThat(Commands.stderr()).contains("an encoder without a decoder");
      }
    }
    assertThat(probe(at("timm"), "--method=knn").get("top1"))
        .isEqualTo(probe(at("model"), "--method=knn").get("top1"));
  }

  private static JsonNode export(String model, String output, String... options) throws Exception {
    String[] command = {"export", "--model", at(model), "--output", at(output)};
    return Commands.result(ArrayUtils.addAll(command, options));
  }

  /** Returns the rows that {@code embed} writes of a model at a larger size than it trained at. */
  private static List<Row> features(String model) throws Exception {
    String output = at(model + "-features");
    Commands.result(
        "embed", "--model", at(model), "--data", at("data"), "--output", output, "--image-size=48");
    return spark.read().parquet(output).orderBy("key").collectAsList();
  }

  @Test
  void dl4jsZipIsTheGraphWithItsMomentsAndItsPlaceInTheSchedule() throws Exception {
    Commands.result("export", "--model", at("model"), "--output", at("dl4j"), "--layout", "dl4j");
    try (InputStream in = Files.newInputStream(directory.resolve("dl4j/model.zip"))) {
      MaeGraph graph = Dl4jZip.read(in);
      assertThat(graph.paramsSha256()).isEqualTo(trained.get("params_sha256").asText());
      assertThat(graph.getIterationCount()).isEqualTo(2 * 4); // epochs, steps of an epoch
      INDArray moments = graph.getUpdater().getStateViewArray();
      assertThat(moments.length()).isEqualTo(2 * graph.numParams());
      assertThat(moments.amaxNumber().doubleValue()).isPositive();
    }
  }

  private static String at(String name) {
    return directory.resolve(name).toString();
  }
}
