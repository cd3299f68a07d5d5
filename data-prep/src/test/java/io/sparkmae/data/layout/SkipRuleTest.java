package io.sparkmae.data.layout;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SkipRuleTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "_MG_0001.JPG",
        "_DSC0003.JPG",
        "_background/0.jpg",
        "a/_success.jpg",
        "__x/0.jpg"
      })
  void photographsAreInputs(String name) {
    assertThat(SkipRule.of(name)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "_SUCCESS",
        "a/_SUCCESS",
        "_temporary/0/task/0.jpg",
        "_metadata",
        "_common_metadata",
        "_committed_4711",
        "_started_4711",
        "_delta_log/00.json",
        "_spark_metadata/0"
      })
  void marksOfSparkAndHadoopAreNot(String name) {
    assertThat(SkipRule.of(name)).contains(SkipRule.MARKER);
  }

  @ParameterizedTest
  @ValueSource(strings = {"._0.jpg", "a/.DS_Store", ".ipynb_checkpoints/0.jpg", "a/.git/x.png"})
  void hiddenFilesAreNot(String name) {
    assertThat(SkipRule.of(name)).contains(SkipRule.HIDDEN);
  }
}
