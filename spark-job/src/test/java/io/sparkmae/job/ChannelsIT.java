package io.sparkmae.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkmae.job.cluster.MaeProcess;
import io.sparkmae.job.cluster.SmallData;
import io.sparkmae.job.store.Json;
import io.sparkmae.model.file.Safetensors;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Images of other than three channels, from files to features, each step by its command. */
class ChannelsIT {

  private static final int IMAGES = 12;

  @TempDir static Path directory;
  private static SparkSession spark;

  @BeforeAll
  static void startSpark() {
    spark = LocalSpark.on("local[2]");
  }

  @AfterAll
  static void stopSpark() {
    spark.stop();
  }

  @Test
  void fourChannelsOf16BitsGoAllTheWay() throws Exception {
    long[] sums = new long[4];
    for (int i = 0; i < IMAGES; i++) {
      int[] values = ChannelImages.draw(i, 4, 65535);
      for (int k = 0; k < values.length; k++) {
        sums[k % 4] += values[k];
      }
      write(
          "four/" + (i % 2 == 0 ? "field" : "wood") + "/" + i + ".npy",
          ChannelImages.npy(values, 4, 2));
    }
    write("four/wood/other.npy", ChannelImages.npy(ChannelImages.draw(0, 3, 255), 3, 1));

    JsonNode prepared =
        Commands.result(
            "prepare", "--input", at("four"), "--output", at("four-data"), "--channels", "4");

    assertThat(prepared.get("rows").asInt()).isEqualTo(IMAGES);
    assertThat(prepared.at("/rejects/UNSUPPORTED").asInt()).isEqualTo(1);
    JsonNode manifest = json("four-data/manifest.json");
    assertThat(manifest.at("/pixels/channels").asInt()).isEqualTo(4);
    assertThat(manifest.at("/pixels/type").asText()).isEqualTo("uint16");
    for (int c = 0; c < 4; c++) {
      double mean = sums[c] / 65535.0 / (IMAGES * ChannelImages.SIDE * (ChannelImages.SIDE + 8));
      assertThat(manifest.get("mean").get(c).asDouble()).isCloseTo(mean, within(1e-12));
    }

    Commands.result(pretrain("four-data", "four-model"));
    assertThat(directory.resolve("four-model/v000001/reconstructions.png")).exists();
    JsonNode picture =
        Commands.result(
            reconstruct("four-model", "four/field", "four.png", "--show-channels", "3,2,1"));
    assertThat(picture.get("images").asInt()).isEqualTo(2);
    assertThat(coloured("four.png")).isTrue();

    JsonNode features =
        Commands.result(
            "embed",
            "--model",
            at("four-model"),
            "--data",
            at("four-data"),
            "--output",
            at("four-f"));
    assertThat(features.get("rows").asInt()).isEqualTo(IMAGES);
    for (String model : List.of(at("four-model"), "random:1")) {
      String[] probe = {"probe", "--model", model, "--like", at("four-model"), "--method", "knn"};
      JsonNode result =
          Commands.result(
              with(probe, "--train", at("four-data"), "--test", at("four-data"), "--k", "1"));
      assertThat(result.get("top1").asDouble()).isEqualTo(1); // each is its own neighbour
    }
    Commands.result(
        "inspect", "--data", at("four-data"), "--output", at("sheet.png"), "--image-size", "32");
    assertThat(coloured("sheet.png")).isTrue();
    requireExports(manifest);
  }

  private static void requireExports(JsonNode manifest) throws Exception {
    Commands.result("export", "--model", at("four-model"), "--output", at("timm"));
    try (InputStream in = Files.newInputStream(directory.resolve("timm/model.safetensors"))) {
      assertThat(Safetensors.read(in).tensors().get("patch_embed.proj.weight").shape())
          .containsExactly(48, 4, 8, 8);
    }
    JsonNode timm = json("timm/config.json");
    assertThat(timm.at("/model_args/in_chans").asInt()).isEqualTo(4);
    assertThat(timm.at("/pretrained_cfg/input_size").get(0).asInt()).isEqualTo(4);
    assertThat(timm.at("/pretrained_cfg/mean")).isEqualTo(manifest.get("mean"));
    assertThat(timm.at("/pretrained_cfg/std")).isEqualTo(manifest.get("deviation"));

    Commands.result(
        "export", "--model", at("four-model"), "--output", at("hf"), "--layout", "huggingface");
    assertThat(json("hf/config.json").get("num_channels").asInt()).isEqualTo(4);
    JsonNode processor = json("hf/preprocessor_config.json");
    assertThat(processor.get("image_mean")).isEqualTo(manifest.get("mean"));
    assertThat(processor.get("image_std")).isEqualTo(manifest.get("deviation"));
    assertThat(processor.get("rescale_factor").asDouble()).isEqualTo(1 / 65535.0);
    assertThat(processor.get("do_convert_rgb").asBoolean()).isFalse();
  }

  @Test
  void oneChannelGoesAllTheWayFromTarsAndParquet() throws Exception {
    List<byte[]> files = new ArrayList<>();
    for (int i = 0; i < IMAGES; i++) {
      int[] values = ChannelImages.draw(i, 1, 255);
      files.add(i % 2 == 0 ? ChannelImages.npy(values, 1, 1) : ChannelImages.png(values));
    }
    write("grey/a.tar", ChannelImages.tar(files));
    JsonNode prepared =
        Commands.result(
            "prepare",
            "--input",
            at("grey"),
            "--output",
            at("grey-data"),
            "--channels",
            "1",
            "--short-side",
            "36");
    assertThat(prepared.get("rows").asInt()).isEqualTo(IMAGES);
    assertThat(prepared.get("layout").asText()).isEqualTo("webdataset");
    JsonNode manifest = json("grey-data/manifest.json");
    assertThat(manifest.at("/pixels/type").asText()).isEqualTo("uint8");
    assertThat(manifest.get("mean")).hasSize(1);
    JsonNode seen = Commands.result("inspect", "--data", at("grey-data"));
    assertThat(seen.at("/inspection/width/most").asInt()).isEqualTo(36); // the short side
    assertThat(seen.at("/inspection/formats/NPY").asInt()).isEqualTo(IMAGES);

    spark
        .read()
        .parquet(at("grey-data/data"))
        .selectExpr("image.bytes as npy")
        .write()
        .parquet(at("plain"));
    JsonNode again =
        Commands.result(
            "prepare", "--input", at("plain"), "--output", at("plain-data"), "--channels", "1");
    assertThat(again.get("rows").asInt()).isEqualTo(IMAGES);
    assertThat(json("plain-data/manifest.json").get("mean")).isEqualTo(manifest.get("mean"));

    Commands.result(
        pretrain("grey-data", "grey-model", "model.norm-pix-loss=true", "train.engine=graph"));
    Commands.result(reconstruct("grey-model", "grey", "grey.png"));
    assertThat(coloured("grey.png")).isFalse(); // but for the lettering
    Commands.result(
        "embed", "--model", at("grey-model"), "--data", at("plain-data"), "--output", at("grey-f"));
    Commands.result("export", "--model", at("grey-model"), "--output", at("grey-timm"));
    assertThat(json("grey-timm/config.json").at("/model_args/in_chans").asInt()).isEqualTo(1);
  }

  @Test
  void threeEqualChannelsTrainTheBitsOfRgb() throws Exception {
    for (int i = 0; i < IMAGES; i++) {
      int[] values = ChannelImages.draw(i, 3, 255);
      write("rgb/" + i + ".png", ChannelImages.png(values));
      write(
          "array/" + i + ".png",
          ChannelImages.npy(values, 3, 1)); // equal names give equal crops and masks
    }
    Commands.result("prepare", "--input", at("rgb"), "--output", at("rgb-data"));
    String[] array = {"prepare", "--input", at("array"), "--output", at("array-data")};
    Commands.result(with(array, "--channels", "3", "--channel-type", "uint8"));
    JsonNode rgb = json("rgb-data/manifest.json");
    JsonNode own = json("array-data/manifest.json");
    assertThat(rgb.has("pixels")).isFalse();
    for (int c = 0; c < 3; c++) {
      assertThat(own.get("mean").get(c).asDouble())
          .isCloseTo(rgb.get("mean").get(c).asDouble(), within(1e-12));
    }
    ((ObjectNode) own).putPOJO("mean", List.of(0.485, 0.456, 0.406));
    ((ObjectNode) own).putPOJO("deviation", List.of(0.229, 0.224, 0.225));
    Files.write(directory.resolve("array-data/manifest.json"), Json.pretty(own));
    Files.delete(directory.resolve("array-data/.manifest.json.crc"));

    String sha = Commands.result(pretrain("rgb-data", "rgb-model")).get("params_sha256").asText();
    assertThat(Commands.result(pretrain("array-data", "array-model")).get("params_sha256").asText())
        .isEqualTo(sha);
  }

  @Test
  void executorsWithKryoTrainTheSameModel() throws Exception {
    for (int i = 0; i < IMAGES; i++) {
      write("seven/" + i + ".npy", ChannelImages.npy(ChannelImages.draw(i, 7, 65535), 7, 2));
    }
    String[] prepare = {"prepare", "--input", at("seven"), "--channels", "7", "--output"};
    Commands.result(with(prepare, at("seven-data")));
    MaeProcess cluster =
        MaeProcess.on("local-cluster[2,1,1024]", directory)
            .with("spark.serializer", "org.apache.spark.serializer.KryoSerializer");
    cluster.result(with(prepare, at("seven-there")));
    assertThat(json("seven-there/manifest.json")).isEqualTo(json("seven-data/manifest.json"));
    JsonNode there = cluster.result(pretrain("seven-there", "seven-model-there"));
    assertThat(there.get("params_sha256"))
        .isEqualTo(Commands.result(pretrain("seven-data", "seven-model")).get("params_sha256"));
  }

  @Test
  void whatDoesNotFitIsRefusedInASentence() throws Exception {
    for (int i = 0; i < 4; i++) {
      write("two/" + i + ".npy", ChannelImages.npy(ChannelImages.draw(i, 2, 65535), 2, 2));
      write("few/" + i + ".png", ChannelImages.png(ChannelImages.draw(i, 3, 255)));
    }
    Commands.result("prepare", "--input", at("two"), "--output", at("two-data"), "--channels", "2");
    Commands.result("prepare", "--input", at("few"), "--output", at("few-data"));
    Commands.result(pretrain("two-data", "two-model"));

    assertThat(refused(with(pretrain("two-data", "x"), "model.channels=3")))
        .contains("Invalid model.channels: 3 (must be 2: pixels of")
        .contains("2 × uint16");
    assertThat(refused(with(pretrain("few-data", "x"), "model.channels=17")))
        .contains("Invalid model.channels: 17 (must be 1 to 16)");
    assertThat(
            refused(
                "embed", "--model", at("two-model"), "--data", at("few-data"), "--output", at("y")))
        .contains(
            "its pixels are 3 × rgb and the model's 2 × uint16 (prepare the images with --channels 2 --channel-type uint16)");
    assertThat(refused("prepare", "--input", at("two"), "--output", at("x"), "--channels", "5"))
        .contains("Cannot tell the channel type of");
    assertThat(refused("prepare", "--input", at("two"), "--output", at("x"), "--channels", "17"))
        .contains("Invalid channels: 17 (must be 1 to 16)");
    assertThat(refused(reconstruct("two-model", "two", "x.png", "--show-channels", "0,1,2")))
        .contains("Invalid show-channels: [0, 1, 2] (must be three numbers, or one, from 0 to 1)");
  }

  private static String[] pretrain(String data, String model, String... settings) {
    String[] arguments = {
      "pretrain",
      "--data",
      at(data),
      "--output",
      at(model),
      "--model",
      "mae_vit_tiny_patch16",
      "--image-size",
      "32",
      "--epochs",
      "1",
      "--batch-size",
      "2",
      "--workers",
      "2",
      "--set",
      "model.patch-size=8",
      "model.embed-dim=48",
      "model.depth=1",
      "model.num-heads=3",
      "model.decoder-embed-dim=32",
      "model.decoder-depth=1",
      "model.decoder-num-heads=4"
    };
    return with(arguments, settings);
  }

  private static String[] reconstruct(String model, String images, String output, String... more) {
    return with(SmallData.reconstruct(at(model), at(images), at(output), 2), more);
  }

  private static String[] with(String[] arguments, String... more) {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of(more));
    return all.toArray(String[]::new);
  }

  private static void write(String name, byte[] bytes) throws IOException {
    Path file = directory.resolve(name);
    Files.createDirectories(file.getParent());
    Files.write(file, bytes);
  }

  /** Returns whether a pixel of a picture is not grey. */
  private static boolean coloured(String name) throws IOException {
    BufferedImage picture = ImageIO.read(directory.resolve(name).toFile());
    for (int y = 0; y < picture.getHeight(); y++) {
      for (int x = 0; x < picture.getWidth(); x++) {
        int rgb = picture.getRGB(x, y) & 0xffffff;
        if (rgb != 0x010101 * (rgb & 0xff) && rgb != 0x202020) {
          return true;
        }
      }
    }
    return false;
  }

  private static String at(String name) {
    return directory.resolve(name).toString();
  }

  private static JsonNode json(String name) throws IOException {
    return Json.parse(Files.readString(directory.resolve(name)), JsonNode.class);
  }

  /** Returns what a refused command prints to stderr. */
  private static String refused(String... command) {
    assertThat(Commands.exitCode(command)).as(String.join(" ", command)).isBetween(2, 3);
    return Commands.stderr();
  }
}
