package io.sparkmae.job.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import io.sparkmae.job.store.Json;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.MaskSampling;
import io.sparkmae.model.config.Tower;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigLayersTest {

  @TempDir Path directory;

  @Test
  void defaultsAreThePapers() throws Exception {
    RunConfig run = read(Map.of(), null);
    assertThat(run.model()).isEqualTo(MaeConfig.preset("mae_vit_base_patch16"));
    assertThat(run.train().epochs()).isEqualTo(800);
    assertThat(run.train().warmupEpochs()).isEqualTo(40);
    assertThat(run.train().baseLearningRate()).isEqualTo(1.5e-4);
    assertThat(run.train().optimiser()).isEqualTo(RunConfig.Optimiser.ADAMW);
  }

  @Test
  void aModelAloneNeedsNoSettings() {
    MaeConfig preset = MaeConfig.preset("mae_vit_small_patch16");
    assertThat(ConfigKeys.model(preset, ConfigFactory.empty())).isEqualTo(preset);
    Map<String, Object> patches = Map.of("model.patch-size", 8);
    assertThat(ConfigKeys.model(preset, ConfigFactory.parseMap(patches)).tokens()).isEqualTo(784);
  }

  @Test
  void flagBeatsFileBeatsDefault() throws Exception {
    String file = "train { epochs = 10, batch-size = 7 }\nmodel.name = mae_vit_tiny_patch16";
    RunConfig run = read(Map.of("train.epochs", "5"), file);
    assertThat(run.train().epochs()).isEqualTo(5);
    assertThat(run.train().batchSize()).isEqualTo(7);
    assertThat(run.train().beta2()).isEqualTo(0.95);
    assertThat(run.modelName()).isEqualTo("mae_vit_tiny_patch16");
  }

  @Test
  void geometryOverridesThePreset() throws Exception {
    Map<String, String> flags =
        Map.of(
            "model.embed-dim",
            "192",
            "model.num-heads",
            "3",
            "model.patch-size",
            "4",
            "model.image-size",
            "32");
    MaeConfig model = read(flags, null).model();
    assertThat(model.encoder()).isEqualTo(new Tower(192, 12, 3));
    assertThat(model.tokens()).isEqualTo(64);
  }

  @Test
  void unknownKeyOfAFileNamesFileAndNearest() {
    assertThatThrownBy(() -> read(Map.of(), "train.weight_decay = 0"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("mae.conf: train.weight_decay (did you mean train.weight-decay?)");
  }

  @Test
  void wrongTypesAndValuesAreRefused() {
    assertThatThrownBy(() -> read(Map.of("train.epochs", "many"), null))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("train.epochs");
    assertThatThrownBy(() -> read(Map.of("train.optimizer", "lamb"), null))
        .hasMessage("Invalid train.optimizer: lamb (must be one of adamw, sgd)");
    for (String key : new String[] {"train.epochs", "train.seed"}) {
      assertThatThrownBy(() -> read(Map.of(key, "2.5"), null))
          .hasMessage("Invalid %s: 2.5 (must be a whole number)", key);
    }
    assertThatThrownBy(() -> read(Map.of("model.channels", "17"), null))
        .hasMessage("Invalid model.channels: 17 (must be 1 to 16)");
    assertThatThrownBy(() -> read(Map.of("train.epochs", "3", "train.warmup-epochs", "4"), null))
        .hasMessage("Invalid train.warmup-epochs: 4.0 (must be in [0, 3], the epochs of the run)");
    assertThatThrownBy(() -> read(Map.of("data.crops-per-image", "3"), null))
        .hasMessage("Invalid data.crops-per-image: 3 (must divide train.batch-size, 64)");
  }

  @Test
  void channelsAreTheDatasUnlessTheyAreSet() throws IOException {
    Map<String, String> data = Map.of("data.uri", "tiles");
    Map<String, String> both = Map.of("data.uri", "tiles", "model.channels", "4");
    assertThat(channels(data)).isEqualTo(7);
    assertThat(channels(both)).isEqualTo(4);
  }

  private static int channels(Map<String, String> flags) throws IOException {
    return ConfigLayers.runConfig(flags, null, new Configuration(), uri -> uri.length() + 2)
        .model()
        .channels();
  }

  @Test
  void dataMustBeNamed() {
    assertThatThrownBy(() -> ConfigLayers.runConfig(Map.of(), null, new Configuration()))
        .hasMessage("Invalid data.uri:  (must name a prepared data set; give --data)");
  }

  @Test
  void effectiveConfigurationReadsBackAsItself() throws Exception {
    RunConfig run = read(Map.of("model.norm-pix-loss", "true", "train.optimizer", "sgd"), null);
    assertThat(ConfigKeys.read(ConfigFactory.parseString(run.text()))).isEqualTo(run);
  }

  @Test
  void aKeyThatAnOlderRunLacksHadItsDefaultThere() throws Exception {
    RunConfig run = read(Map.of(), null);
    String older = run.text().replaceAll("\"?crops-per-image\"?=1", "");
    assertThat(older).isNotEqualTo(run.text());
    assertThat(ConfigKeys.differences(older, run)).isEmpty();
    assertThat(ConfigKeys.differences(older, read(Map.of("data.crops-per-image", "2"), null)))
        .containsExactly("data.crops-per-image is 1 there and 2 here");
  }

  @Test
  void masksAreRandomUnlessTheyAreSetAndInOlderRuns() throws Exception {
    RunConfig run = read(Map.of(), null);
    RunConfig blocks = read(Map.of("model.mask-sampling", "block"), null);
    assertThat(run.model().maskSampling()).isEqualTo(MaskSampling.RANDOM);
    assertThat(blocks.model().maskSampling()).isEqualTo(MaskSampling.BLOCK);
    assertThat(ConfigKeys.read(ConfigFactory.parseString(blocks.text()))).isEqualTo(blocks);
    String older = run.text().replaceAll("\"?mask-sampling\"?=random", "");
    assertThat(older).isNotEqualTo(run.text());
    assertThat(ConfigKeys.differences(older, run)).isEmpty();
    assertThat(ConfigKeys.differences(older, blocks))
        .containsExactly("model.mask-sampling is random there and block here");
    assertThatThrownBy(() -> read(Map.of("model.mask-sampling", "squares"), null))
        .hasMessage("Invalid model.mask-sampling: squares (must be one of random, block, grid)");
  }

  @Test
  void maskTokensInTheEncoderAreChosenByTheirSetting() throws IOException {
    assertThat(read(Map.of(), null).model().encoderMaskTokens()).isFalse();
    RunConfig run = read(Map.of("model.encoder-mask-tokens", true), null);
    assertThat(run.model().encoderMaskTokens()).isTrue();
    assertThat(Json.line(run.model())).contains("\"encoder_mask_tokens\":true");
    assertThat(Json.line(read(Map.of(), null).model())).doesNotContain("encoder_mask_tokens");
  }

  @Test
  void decodeThreadsReadBackAndAreNoDifferenceBetweenRuns() throws Exception {
    RunConfig run = read(Map.of(), null);
    RunConfig other = read(Map.of("data.decode-threads", "3"), null);
    assertThat(run.data().decodeThreads()).isZero();
    assertThat(ConfigKeys.read(ConfigFactory.parseString(other.text())).data().decodeThreads())
        .isEqualTo(3);
    assertThat(ConfigKeys.differences(run.text(), other)).isEmpty();
    assertThatThrownBy(() -> read(Map.of("data.decode-threads", "-1"), null))
        .hasMessage(
            "Invalid data.decode-threads: -1 (must be at least 1, or 0 for as many as a step has)");
  }

  private RunConfig read(Map<String, ?> flags, String file) throws IOException {
    Path path = directory.resolve("mae.conf");
    Files.writeString(path, (file == null ? "" : file) + "\ndata.uri = \"s3a://bucket/data\"");
    return ConfigLayers.runConfig(flags, path.toString(), new Configuration());
  }
}
