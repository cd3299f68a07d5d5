package io.sparkmae.job.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkmae.job.export.ExportLayout;
import io.sparkmae.job.export.ModelDescription;
import io.sparkmae.job.run.EncoderModel;
import io.sparkmae.job.run.WholeModel;
import io.sparkmae.job.store.BadModel;
import io.sparkmae.job.store.Directory;
import io.sparkmae.model.MaeGraph;
import io.sparkmae.model.MaeWeights;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Tower;
import io.sparkmae.model.config.TrainedPositions;
import io.sparkmae.model.file.HuggingFaceNames;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.NoOp;

class ForeignLayoutsTest {

  private static final Configuration HADOOP = new Configuration();
  private static final Tower ENCODER = new Tower(128, 2, 2);
  private static final Tower DECODER = new Tower(64, 1, 16);
  private static final MaeConfig CONFIG =
      MaeConfig.preset("mae_vit_base_patch16").withGeometry(16, 4, 2).withTowers(ENCODER, DECODER);

  @TempDir Path directory;

  private static Map<String, INDArray> weights(MaeConfig config) {
    return MaeWeights.all(MaeGraph.create(config, new NoOp(), 0, 1));
  }

  private static MaeConfig trained() {
    float[] table = new float[17 * 128];
    Random random = new Random(1);
    for (int i = 0; i < table.length; i++) {
      table[i] = (float) random.nextGaussian();
    }
    return CONFIG.withTowers(ENCODER.withPositions(TrainedPositions.text(table)), DECODER);
  }

  @Test
  void everyLayoutLeadsToEveryOtherAndBackBitForBit() throws IOException {
    List<ExportLayout> layouts =
        List.of(ExportLayout.TIMM, ExportLayout.HUGGINGFACE, ExportLayout.REFERENCE);
    for (MaeConfig config : List.of(CONFIG, trained())) {
      Map<String, INDArray> weights = weights(config);
      for (ExportLayout from : layouts) {
        Path first = write(from, config, weights);
        for (ExportLayout over : layouts) {
          Path second = convert(first, over);
          Path back = convert(second, from);
          boolean keepsAll = over != ExportLayout.TIMM || from == ExportLayout.TIMM;
          Path expected = keepsAll ? first : convert(convert(first, ExportLayout.TIMM), from);
          assertThat(bytes(back)).as("%s over %s", from, over).isEqualTo(bytes(expected));
          try (ForeignWeights read = ForeignWeights.open(second.toString(), HADOOP)) {
            read.all().forEach((name, it) -> assertThat(it).as(name).isEqualTo(weights.get(name)));
            assertThat(read.encoder()).hasSize(2 * 12 + 6);
          }
        }
      }
    }
  }

  @Test
  void theDescriptionSurvivesWithTheTrainedPositions() throws IOException {
    MaeConfig config = trained();
    for (ExportLayout layout :
        List.of(ExportLayout.TIMM, ExportLayout.REFERENCE, ExportLayout.HUGGINGFACE)) {
      Path written = write(layout, config, weights(config));
      MaeConfig read = EncoderModel.of(written.toString(), HADOOP).config();
      assertThat(read).as(layout.toString()).isEqualTo(config);
      Files.delete(written.resolve("config.json"));
      assertThat(EncoderModel.of(written.toString(), HADOOP).config().encoder())
          .as("%s without config.json", layout)
          .isEqualTo(config.encoder());
    }
  }

  @Test
  void newerNamesBareNamesAndShardsAreTheSameModel() throws IOException {
    Map<String, INDArray> weights = weights(CONFIG);
    Map<String, INDArray> older = HuggingFaceNames.fromReference(weights);
    assertSame(weights, store("older", older, "F32"));
    assertSame(weights, store("newer", renamed(older, ForeignLayoutsTest::newer), "F32"));
    UnaryOperator<String> odd =
        name -> name.replace("decoder.decoder_layers.", "decoder.decoder_encoder.layer.");
    assertSame(weights, store("odd", renamed(older, odd), "F32"));
    Map<String, INDArray> encoder = new LinkedHashMap<>(older);
    encoder.keySet().removeIf(name -> name.startsWith("decoder."));
    assertSame(
        weights, store("bare", renamed(encoder, name -> name.substring("vit.".length())), "F32"));
    Stored.shards(older, 3, directory.resolve("shards"));
    assertSame(weights, directory.resolve("shards"));
    assertSame(weights, directory.resolve("shards/model.safetensors.index.json"));
    assertSame(weights, store("reference", weights, "F32").resolve("model.safetensors"));
  }

  private static String newer(String name) {
    return name.replace("encoder.layer.", "layers.")
        .replace("attention.attention.query", "attention.q_proj")
        .replace("attention.attention.key", "attention.k_proj")
        .replace("attention.attention.value", "attention.v_proj")
        .replace("attention.output.dense", "attention.o_proj")
        .replace("intermediate.dense", "mlp.fc1")
        .replace(".output.dense", ".mlp.fc2");
  }

  @Test
  void halvesWidenExactly() throws IOException {
    Map<String, INDArray> weights = weights(CONFIG);
    for (String type : List.of("F16", "BF16")) {
      Path stored = store(type, weights, type);
      try (ForeignWeights read = ForeignWeights.open(stored.toString(), HADOOP)) {
        Map<String, INDArray> wide = read.all();
        assertThat(wide.keySet()).isEqualTo(weights.keySet());
        // cutting them again gives the same file: nothing was lost or added
        assertThat(Stored.file(wide, type)).isEqualTo(bytes(stored));
        INDArray kernel = wide.get("blocks.0.mlp.fc1.weight");
        assertThat(kernel.sub(weights.get("blocks.0.mlp.fc1.weight")).amaxNumber().doubleValue())
            .isBetween(1e-9, 1e-2);
      }
    }
  }

  @Test
  void anEncoderAloneCannotReconstruct() throws IOException {
    Path timm = write(ExportLayout.TIMM, CONFIG, weights(CONFIG));
    assertThatThrownBy(() -> WholeModel.of(timm.toString(), HADOOP))
        .isInstanceOf(BadModel.class)
        .hasMessageContaining("an encoder without a decoder");
    Path whole = write(ExportLayout.HUGGINGFACE, CONFIG, weights(CONFIG));
    assertThat(WholeModel.of(whole.toString(), HADOOP).graph().paramsSha256())
        .isEqualTo(MaeGraph.create(CONFIG, new NoOp(), 0, 1).paramsSha256());
  }

  @Test
  void oneSentenceNamesWhatIsMissingUnexpectedOrMisshapen() throws IOException {
    Map<String, INDArray> weights = weights(CONFIG);
    Map<String, INDArray> faulty = new LinkedHashMap<>(weights);
    faulty.remove("blocks.1.attn.proj.bias");
    faulty.put("blocks.0.ls1.gamma", Nd4j.ones(128));
    faulty.put("norm.bias", Nd4j.ones(127));
    assertRefused(
        faulty,
        "its tensors are not those of a ViT: missing blocks.1.attn.proj.bias; unexpected blocks.0.ls1.gamma; of another shape norm.bias is [127] in place of [128]");

    Map<String, INDArray> gap = renamed(weights, name -> name.replace("blocks.1.", "blocks.900."));
    assertRefused(gap, "missing blocks.1.attn.proj.bias, blocks.1.attn.proj.weight, ");

    Map<String, INDArray> pooled = new LinkedHashMap<>(weights);
    pooled.put("attn_pool.latent", Nd4j.ones(1, 1, 128));
    assertSame(weights, store("pooled", pooled, "F32"));

    Map<String, INDArray> fcNorm = new LinkedHashMap<>(weights);
    fcNorm.put("fc_norm.weight", fcNorm.remove("norm.weight"));
    fcNorm.put("fc_norm.bias", fcNorm.remove("norm.bias"));
    assertRefused(fcNorm, "missing norm.bias, norm.weight");

    Map<String, INDArray> half = HuggingFaceNames.fromReference(weights);
    half.remove("vit.encoder.layer.0.attention.attention.key.bias");
    assertRefused(half, "missing blocks.0.attn.qkv.bias");

    Map<String, INDArray> twice = new LinkedHashMap<>(weights);
    twice.put("vit.layernorm.bias", Nd4j.ones(128));
    assertRefused(twice, "it has norm.bias twice, as vit.layernorm.bias too");

    assertRefused(Map.of("a", Nd4j.ones(3)), "patch_embed.proj.weight is missing");
    Map<String, INDArray> oblong = new LinkedHashMap<>(weights);
    oblong.put("pos_embed", Nd4j.ones(1, 16, 128));
    assertRefused(oblong, "its pos_embed has 16 rows");
  }

  @Test
  void whatIsNotSafetensorsIsNamed() throws IOException {
    Path pickle = Files.write(directory.resolve("mae.pth"), new byte[100]);
    assertThatThrownBy(() -> EncoderModel.of(pickle.toString(), HADOOP))
        .isInstanceOf(BadModel.class)
        .hasMessageContaining("a pickle of PyTorch");
    Path picture = Files.write(directory.resolve("picture.png"), new byte[100]);
    assertThatThrownBy(() -> EncoderModel.of(picture.toString(), HADOOP))
        .isInstanceOf(BadModel.class)
        .hasMessageContaining("Not a safetensors file");
    assertThatThrownBy(() -> EncoderModel.of(directory.resolve("no").toString(), HADOOP))
        .isInstanceOf(BadModel.class)
        .hasMessageContaining("No whole model at");
    Path other = write(ExportLayout.HUGGINGFACE, CONFIG, weights(CONFIG));
    String config = Files.readString(other.resolve("config.json"));
    Files.writeString(other.resolve("config.json"), config.replace("\"gelu\"", "\"quick_gelu\""));
    assertThatThrownBy(() -> EncoderModel.of(other.toString(), HADOOP))
        .hasMessageContaining("hidden_act is quick_gelu");
  }

  @Test
  void headsAreThoseOfTheTowerWhereNothingSaysMore() throws IOException {
    Path odd =
        store(
            "odd heads",
            weights(CONFIG.withTowers(new Tower(24, 1, 3), new Tower(20, 1, 5))),
            "F32");
    assertThatThrownBy(() -> EncoderModel.of(odd.toString(), HADOOP))
        .isInstanceOf(BadModel.class)
        .hasMessageContaining("put a config.json with num_attention_heads");
    Files.writeString(
        odd.resolve("config.json"),
        "{\"num_attention_heads\": 3, \"decoder_num_attention_heads\": 5}");
    assertThat(EncoderModel.of(odd.toString(), HADOOP).config().encoder().numHeads()).isEqualTo(3);
  }

  private void assertRefused(Map<String, INDArray> tensors, String said) throws IOException {
    Path stored = store("refused", tensors, "F32");
    assertThatThrownBy(() -> ForeignWeights.open(stored.toString(), HADOOP).close())
        .isInstanceOf(BadModel.class)
        .hasMessageStartingWith("Cannot use " + stored + ": ")
        .hasMessageContaining(said);
  }

  private static void assertSame(Map<String, INDArray> weights, Path path) throws IOException {
    try (ForeignWeights read = ForeignWeights.open(path.toString(), HADOOP)) {
      Map<String, INDArray> tensors = read.all();
      assertThat(tensors).hasSize(read.hasDecoder() ? 2 * 12 + 12 + 14 : 2 * 12 + 6);
      tensors.forEach((name, it) -> assertThat(it).as(name).isEqualTo(weights.get(name)));
    }
  }

  private static Map<String, INDArray> renamed(
      Map<String, INDArray> tensors, UnaryOperator<String> names) {
    Map<String, INDArray> renamed = new LinkedHashMap<>();
    tensors.forEach((name, tensor) -> renamed.put(names.apply(name), tensor));
    return renamed;
  }

  private Path store(String name, Map<String, INDArray> tensors, String type) throws IOException {
    Path stored = Files.createDirectories(directory.resolve(name));
    Files.write(stored.resolve("model.safetensors"), Stored.file(tensors, type));
    return stored;
  }

  private Path write(ExportLayout layout, MaeConfig config, Map<String, INDArray> weights)
      throws IOException {
    Path written = Files.createTempDirectory(directory, layout.toString());
    layout.write(
        new ModelDescription("mae_vit_base_patch16", config),
        weights,
        Directory.at(written.toString(), HADOOP)::file);
    return written;
  }

  private Path convert(Path from, ExportLayout to) throws IOException {
    Path converted = Files.createTempDirectory(directory, to.toString());
    try (ForeignWeights read = ForeignWeights.open(from.toString(), HADOOP)) {
      to.write(read.description(), read.all(), Directory.at(converted.toString(), HADOOP)::file);
    }
    return converted;
  }

  private static byte[] bytes(Path directory) throws IOException {
    return Files.readAllBytes(directory.resolve("model.safetensors"));
  }
}
