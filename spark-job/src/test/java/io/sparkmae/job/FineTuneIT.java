package io.sparkmae.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkmae.job.demo.DemoImages;
import io.sparkmae.job.failure.ExitCode;
import io.sparkmae.job.store.Directory;
import io.sparkmae.job.store.Json;
import io.sparkmae.model.file.Safetensors;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;

/** From a pre-trained model to classes, each step by its command, on drawings of eight classes. */
class FineTuneIT {

  private static final int CLASSES = 8;
  private static final int TRAINED = 32 * CLASSES;
  private static final int TESTED = 8 * CLASSES;
  private static final int EPOCHS = 15;

  // so few steps learn nothing from pictures that are hardly recognisable
  private static final String EASY =
      "--mixup 0 --cutmix 0 --rand-augment 0 --random-erasing 0 --drop-path 0 --layer-decay 0.9 "
          + "--set data.crop-scale-min=0.5 ";

  @TempDir static Path directory;
  private static SparkSession spark;
  private static JsonNode tuned;

  @BeforeAll
  static void train() throws Exception {
    spark = LocalSpark.on("local[2]");
    draw("train", TRAINED / CLASSES, 0);
    draw("test", TESTED / CLASSES, 1000);
    result(
        "pretrain --data %s --output %s --model mae_vit_tiny_patch16 --image-size 32 --epochs 20 "
            + "--batch-size 16 --workers 2 --averaging-frequency 4 --base-lr 0.02 --set model.patch-size=8 "
            + "model.embed-dim=48 model.depth=2 model.num-heads=3 model.decoder-embed-dim=32 "
            + "model.decoder-depth=1 model.decoder-num-heads=4",
        at("train"), at("pretrained"));
    tuned = result(tuning(), at("test"));
  }

  private static void draw(String name, int perClass, long seed) throws Exception {
    String images = at("images-" + name);
    DemoImages.render(Directory.at(images, new Configuration()), perClass, seed);
    result("prepare --input %s --output %s", images, at(name));
  }

  private static String tuning() {
    return finetune("tuned", "--test %s --averaging-frequency 4 --epochs " + EPOCHS + " " + EASY);
  }

  private static String finetune(String output, String more) {
    return "finetune --model %s --data %s --output %s --batch-size 16 --workers 2 --base-lr 0.03 "
            .formatted(at("pretrained"), at("train"), at(output))
        + more;
  }

  @AfterAll
  static void stopSpark() {
    spark.stop();
  }

  @Test
  void aFineTunedModelTellsTheClassesApart() throws Exception {
    assertThat(tuned.get("classes").asInt()).isEqualTo(CLASSES);
    assertThat(tuned.get("images").asInt()).isEqualTo(EPOCHS * TRAINED);
    assertThat(tuned.get("best_top1").asDouble()).isGreaterThan(3.0 / CLASSES);
    assertThat(tuned.get("top5").asDouble()).isGreaterThanOrEqualTo(tuned.get("top1").asDouble());
    List<String> epochs = Files.readAllLines(path(tuned.get("version"), "accuracy.jsonl"));
    assertThat(epochs).hasSize(EPOCHS);
    JsonNode best = Json.parse(epochs.get(tuned.get("best_epoch").asInt() - 1), JsonNode.class);
    assertThat(best.get("top1")).isEqualTo(tuned.get("best_top1"));
    assertThat(tuned.get("best").asText()).endsWith("/" + best.get("version").asText());
    for (String line : epochs) {
      assertThat(Json.parse(line, JsonNode.class).get("top1").asDouble())
          .isLessThanOrEqualTo(tuned.get("best_top1").asDouble());
    }
  }

  @Test
  void theBestModelIsKeptAndPredictsWhatWasJudged() throws Exception {
    assertThat(predicted("tuned", tuned.get("best"))).isEqualTo(tuned.get("best_top1").asDouble());
  }

  /** Predicts the test images by a version; returns the share that is right. */
  private static double predicted(String name, JsonNode version) throws Exception {
    JsonNode result =
        result(
            "predict --model %s --data %s --output %s --top 3",
            version.asText(), at("test"), at("predictions-" + name));
    assertThat(result.get("rows").asInt()).isEqualTo(TESTED);
    Dataset<Row> rows = spark.read().parquet(at("predictions-" + name));
    long right = 0;
    for (Row row : rows.collectAsList()) {
      assertThat(row.getList(3)).hasSize(3);
      assertThat(row.<Row>getList(3).get(0).getString(0)).isEqualTo(row.getString(1));
      right += row.getString(0).contains(row.getString(1) + "/") ? 1 : 0;
    }
    return (double) right / TESTED;
  }

  @Test
  void aFinishedRunIsTheResultAtOnceAndTheSameSeedTheSameBits() throws Exception {
    assertThat(result(tuning(), at("test"))).isEqualTo(tuned);
    String one = result(finetune("one", "--epochs 2")).get("params_sha256").asText();
    JsonNode judged = result(finetune("two", "--epochs 2 --test %s"), at("test"));
    assertThat(judged.get("params_sha256").asText()).isEqualTo(one);
    JsonNode other = result(finetune("three", "--epochs 2 --seed 1"));
    assertThat(other.get("params_sha256").asText()).isNotEqualTo(one);
    assertThat(other.has("top1")).isFalse();
  }

  @Test
  void weightsOfAnotherLibraryAreStartedFromLikeTheModelItself() throws Exception {
    String ours = result(finetune("ours", "--epochs 1")).get("params_sha256").asText();
    for (String layout : List.of("timm", "huggingface", "reference")) {
      result(
          "export --model %s --output %s --layout " + layout,
          at("pretrained"),
          at(layout + "-weights"));
      JsonNode theirs =
          result(
              "finetune --model %s --data %s --output %s --batch-size 16 --workers 2 --base-lr 0.03 --epochs 1",
              at(layout + "-weights"), at("train"), at(layout + "-tuned"));
      assertThat(theirs.get("params_sha256").asText()).as(layout).isEqualTo(ours);
    }
  }

  @Test
  void theHeadAloneLeavesTheEncoderAsItWas() throws Exception {
    JsonNode result = result(finetune("head", "--epochs 2 --blocks 0"));
    Map<String, INDArray> before =
        tensors(directory.resolve("pretrained/v000001/encoder/model.safetensors"));
    Map<String, INDArray> after = tensors(path(result.get("version"), WEIGHTS));
    after.forEach(
        (name, tensor) -> {
          if (before.containsKey(name)) {
            assertThat(tensor).as(name).isEqualTo(before.get(name));
          }
        });
    assertThat(after).containsKeys("fc_norm.weight", "head.weight").doesNotContainKey("norm.bias");
    assertThat(after.get("head.weight").amaxNumber().doubleValue()).isGreaterThan(1e-3);
  }

  @Test
  void anAttentiveProbeTrainsItsQueryAndHeadAloneAndPredicts() throws Exception {
    JsonNode result =
        result(
            finetune("probe", "--epochs 6 --blocks 0 --pooling attention --test %s " + EASY),
            at("test"));
    Map<String, INDArray> before =
        tensors(directory.resolve("pretrained/v000001/encoder/model.safetensors"));
    Map<String, INDArray> after = tensors(path(result.get("version"), WEIGHTS));
    assertThat(after).containsAllEntriesOf(before).containsKey("attn_pool.mlp.fc2.bias");
    assertThat(after.get("attn_pool.kv.bias").amaxNumber().doubleValue()).isGreaterThan(1e-3);
    assertThat(result.get("best_top1").asDouble()).isGreaterThan(1.5 / CLASSES);
    assertThat(predicted("probe", result.get("version"))).isEqualTo(result.get("top1").asDouble());

    result("export --model %s --output %s", at("probe"), at("map"));
    JsonNode timm = json("map/config.json");
    assertThat(timm.at("/model_args/global_pool").asText()).isEqualTo("map");
    assertThat(timm.at("/model_args/pool_include_prefix").asBoolean(true)).isFalse();
    assertThat(tensors(directory.resolve("map/model.safetensors"))).isEqualTo(after);
    assertThat(run("export --layout huggingface --model %s --output %s", at("probe"), at("no")))
        .isEqualTo(ExitCode.BAD_OPTIONS);
  }

  private static final String WEIGHTS = "classifier/model.safetensors";

  @Test
  void exportsAreWhatOtherLibrariesRead() throws Exception {
    result("export --model %s --output %s", at("tuned"), at("timm"));
    JsonNode timm = json("timm/config.json");
    assertThat(timm.get("num_classes").asInt()).isEqualTo(CLASSES);
    assertThat(timm.at("/model_args/global_pool").asText()).isEqualTo("avg");
    assertThat(timm.at("/pretrained_cfg/label_names/0").asText()).isEqualTo("checkers");
    assertThat(run("export --layout huggingface --model %s --output %s", at("tuned"), at("no")))
        .isEqualTo(ExitCode.BAD_OPTIONS);

    result(finetune("cls", "--epochs 1 --pooling cls"));
    result("export --layout huggingface --model %s --output %s", at("cls"), at("hf"));
    JsonNode config = json("hf/config.json");
    assertThat(config.at("/architectures/0").asText()).isEqualTo("ViTForImageClassification");
    assertThat(config.at("/id2label/0").asText()).isEqualTo("checkers");
    assertThat(tensors(directory.resolve("hf/model.safetensors")))
        .containsKeys("classifier.weight", "vit.layernorm.weight")
        .doesNotContainKey("head.weight");
  }

  @Test
  void aRunFromScratchAtAnotherSizeNeedsNoModel() throws Exception {
    JsonNode result =
        result(
            "finetune --model none --data %s --output %s --batch-size 16 --epochs 1 --workers 2 "
                + "--image-size 48 --mixup 0 --cutmix 0 --rand-augment 0 --random-erasing 0 "
                + "--set model.name=mae_vit_tiny_patch16 model.patch-size=8 model.embed-dim=48 "
                + "model.depth=1 model.num-heads=3",
            at("train"), at("scratch"));
    assertThat(result.get("loss").asDouble()).isBetween(1.0, 3.0); // log 8 = 2.08
    result(finetune("larger", "--epochs 1 --image-size 48 --precision bf16 --force"));
  }

  @Test
  void whatCannotWorkIsRefused() throws Exception {
    assertThat(run(finetune("g", "--engine graph"))).isEqualTo(ExitCode.BAD_OPTIONS);
    assertThat(run(finetune("pretrained", "--epochs 1"))).isEqualTo(ExitCode.BAD_OPTIONS);
    assertThat(run(finetune("b", "--blocks 3"))).isEqualTo(ExitCode.BAD_OPTIONS);
    String embed = "embed --model %s --data %s --output %s --pooling attention";
    assertThat(run(embed, at("pretrained"), at("test"), at("a"))).isEqualTo(ExitCode.BAD_OPTIONS);
    assertThat(run("finetune --data %s --output %s", at("train"), at("m")))
        .isEqualTo(ExitCode.BAD_OPTIONS);
    assertThat(run("embed --model %s --data %s --output %s", at("tuned"), at("test"), at("e")))
        .isEqualTo(ExitCode.BAD_OPTIONS);
    assertThat(
            run("predict --model %s --data %s --output %s", at("pretrained"), at("test"), at("p")))
        .isEqualTo(ExitCode.BAD_OPTIONS);
  }

  private static Path path(JsonNode version, String file) {
    return Path.of(version.asText().replaceFirst("^file:/*", "/")).resolve(file);
  }

  private static JsonNode json(String file) throws Exception {
    return Json.parse(Files.readString(directory.resolve(file)), JsonNode.class);
  }

  private static Map<String, INDArray> tensors(Path file) throws Exception {
    try (InputStream in = Files.newInputStream(file)) {
      return Safetensors.read(in).tensors();
    }
  }

  private static String at(String name) {
    return directory.resolve(name).toString();
  }

  private static int run(String command, Object... arguments) {
    return Commands.exitCode(words(command, arguments));
  }

  private static JsonNode result(String command, Object... arguments) throws Exception {
    return Commands.result(words(command, arguments));
  }

  private static String[] words(String command, Object... arguments) {
    List<String> words = new ArrayList<>(List.of(command.formatted(arguments).split(" ")));
    words.removeIf(String::isEmpty);
    return words.toArray(String[]::new);
  }
}
