package io.sparkmae.job.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkmae.job.export.ModelDescription;
import io.sparkmae.model.config.MaeConfig;
import io.sparkmae.model.config.Pooling;
import io.sparkmae.model.config.Tower;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;

class FineTuneSettingsTest {

  private static final MaeConfig SMALL =
      MaeConfig.preset("mae_vit_tiny_patch16")
          .withGeometry(64, 8, 3)
          .withTowers(new Tower(96, 3, 3), new Tower(32, 1, 4));

  private static RunConfig read(Map<String, ?> flags) throws IOException {
    Map<String, Object> all = new HashMap<>(Map.of("data.uri", "d"));
    all.putAll(flags);
    return ConfigLayers.fineTuning(
        all, null, new Configuration(), uri -> new ModelDescription("mae_vit_tiny_patch16", SMALL));
  }

  @Test
  void defaultsAreThePapersTable9() throws Exception {
    RunConfig run = read(Map.of("finetune.model", "none"));
    assertThat(run.train().beta2()).isEqualTo(0.999);
    assertThat(run.train().epochs()).isEqualTo(100);
    assertThat(run.train().warmupEpochs()).isEqualTo(5);
    assertThat(run.train().baseLearningRate()).isEqualTo(1e-3);
    assertThat(run.data().cropScaleMin()).isEqualTo(0.08);
    assertThat(run.fineTune())
        .isEqualTo(
            new FineTune("none", "", 0, Pooling.MEAN, -1, 0.75, 0.1, 0.8, 1, 0.1, 9, 0.5, 2, 0.25));
  }

  @Test
  void theGeometryIsTheModelsUnlessItIsSet() throws Exception {
    assertThat(read(Map.of("finetune.model", "m")).model()).isEqualTo(SMALL);
    assertThat(read(Map.of("finetune.model", "m", "model.image-size", "96")).model())
        .isEqualTo(SMALL.withGeometry(96, 8, 3));
    assertThat(read(Map.of("finetune.model", "none")).model())
        .isEqualTo(MaeConfig.preset("mae_vit_base_patch16"));
  }

  @Test
  void effectiveSettingsReadBackAsThemselves() throws Exception {
    RunConfig run = read(Map.of("finetune.model", "none", "finetune.pooling", "cls"));
    assertThat(ConfigLayers.ofText(run.text())).isEqualTo(run);
    assertThat(run.text()).doesNotContain("mask-ratio").doesNotContain("decoder");
    RunConfig probe = read(Map.of("finetune.model", "none", "finetune.pooling", "attention"));
    assertThat(probe.fineTune().pooling()).isEqualTo(Pooling.ATTENTION);
    assertThat(ConfigLayers.ofText(probe.text())).isEqualTo(probe);
  }

  @Test
  void runsOfBothKindsDiffer() throws Exception {
    RunConfig tuned = read(Map.of("finetune.model", "none"));
    RunConfig pretrained =
        ConfigLayers.runConfig(Map.of("data.uri", "d"), null, new Configuration());
    assertThat(pretrained.text()).doesNotContain("finetune");
    assertThat(ConfigKeys.differences(pretrained.text(), tuned)).hasSize(1);
    assertThat(ConfigKeys.differences(tuned.text(), pretrained))
        .containsExactly("one of both runs pre-trains and the other fine-tunes");
    assertThat(
            ConfigKeys.differences(
                tuned.text(), read(Map.of("finetune.model", "none", "finetune.mixup", "0"))))
        .containsExactly("finetune.mixup is 0.8 there and 0 here");
  }

  @Test
  void badValuesAreRefused() {
    assertThatThrownBy(() -> read(Map.of()))
        .hasMessageContaining("Invalid finetune.model: (must be a model directory, or none");
    assertThatThrownBy(() -> read(Map.of("finetune.model", "m", "model.mask-ratio", "0.5")))
        .hasMessageContaining("Unknown setting in the command line: model.mask-ratio");
    for (Map.Entry<String, String> bad :
        Map.of(
                "layer-decay", "0",
                "drop-path", "1",
                "mixup", "-1",
                "label-smoothing", "1",
                "rand-augment", "11",
                "random-erasing", "2",
                "classes", "1",
                "blocks", "-2")
            .entrySet()) {
      String key = "finetune." + bad.getKey();
      assertThatThrownBy(() -> read(Map.of("finetune.model", "m", key, bad.getValue())))
          .as(key)
          .hasMessageStartingWith("Invalid " + key + ": " + bad.getValue());
    }
  }
}
