package io.sparkmae.job.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkmae.job.export.ModelDescription;
import io.sparkmae.model.config.MaeConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class RecipesTest {

  private static final Path DIRECTORY = Path.of("../deploy/conf/recipes");
  private static final Configuration HADOOP = new Configuration();

  static Stream<String> names() {
    return Recipes.NAMES.stream();
  }

  @Test
  void everyFileHasItsName() throws Exception {
    try (Stream<Path> files = Files.list(DIRECTORY)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrderElementsOf(names().map(name -> name + ".conf").toList());
    }
  }

  @ParameterizedTest
  @MethodSource("names")
  void eachIsASetOfSettingsHeadedByItsCommand(String name) throws Exception {
    RunConfig run = read(name, Map.of());
    assertThat(ConfigLayers.ofText(run.text())).isEqualTo(run);
    assertThat(Files.readString(DIRECTORY.resolve(name + ".conf")))
        .startsWith("# ")
        .contains("--config recipe:" + name + " ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"base", "large", "huge"})
  void thePapersBatchesAreThePapers(String size) throws Exception {
    assertThat(effectiveBatch("imagenet-vit-" + size)).isEqualTo(4096);
    assertThat(effectiveBatch("finetune-imagenet-vit-" + size)).isEqualTo(1024);
  }

  private static long effectiveBatch(String name) throws Exception {
    RunConfig.Train train = read(name, Map.of()).train();
    return (long) train.batchSize() * train.accumulation() * train.workers();
  }

  @Test
  void flagsOverrideARecipe() throws Exception {
    assertThat(read("imagenet-vit-base", Map.of("train.epochs", "300")).train().epochs())
        .isEqualTo(300);
  }

  @Test
  void anUnknownNameIsToldTheNearestAndAll() {
    assertThatThrownBy(() -> read("imagenet-vit-bsae", Map.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(
            "Unknown recipe: imagenet-vit-bsae (did you mean imagenet-vit-base? There are ")
        .hasMessageContainingAll(Recipes.NAMES.toArray(String[]::new));
  }

  private static RunConfig read(String name, Map<String, ?> flags) throws Exception {
    String config = "recipe:" + name;
    Map<String, Object> all = new HashMap<>(flags);
    all.put("data.uri", "data");
    if (!name.matches("finetune-.*|attentive-probe-.*")) {
      return ConfigLayers.runConfig(all, config, HADOOP);
    }
    all.put("finetune.model", "model");
    return ConfigLayers.fineTuning(
        all,
        config,
        HADOOP,
        uri ->
            new ModelDescription("mae_vit_base_patch16", MaeConfig.preset("mae_vit_base_patch16")));
  }
}
