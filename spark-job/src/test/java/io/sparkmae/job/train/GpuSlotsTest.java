package io.sparkmae.job.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GpuSlotsTest {

  @Test
  void tasksHaveAGpuEachOrNone() {
    assertThat(GpuSlots.areAsked(new SparkConf(false))).isFalse();
    assertThat(GpuSlots.areAsked(asking("1"))).isTrue();
    assertThat(GpuSlots.areAsked(asking("1.0"))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.5", "2"})
  void sharedAndSeveralGpusAreRefused(String amount) {
    assertThatThrownBy(() -> GpuSlots.areAsked(asking(amount)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("Invalid spark.task.resource.gpu.amount: " + amount + " (must be");
  }

  private static SparkConf asking(String amount) {
    return new SparkConf(false).set("spark.task.resource.gpu.amount", amount);
  }
}
