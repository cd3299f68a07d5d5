package io.sparkmae.job.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TaskSlotsTest {

  @Test
  void tasksHaveAGpuEachOrNone() {
    assertThat(TaskSlots.haveGpus(new SparkConf(false))).isFalse();
    assertThat(TaskSlots.haveGpus(asking("1"))).isTrue();
    assertThat(TaskSlots.haveGpus(asking("1.0"))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.5", "2"})
  void sharedAndSeveralGpusAreRefused(String amount) {
    assertThatThrownBy(() -> TaskSlots.haveGpus(asking(amount)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("Invalid spark.task.resource.gpu.amount: " + amount + " (must be");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "local-cluster[3, 2, 1024] | 3 executors",
        "local-cluster[3, 6, 1024] | 6 executors",
        "yarn | 4 executors",
        "k8s://https://a:443 | 4 executors",
        "spark://a:7077 | 9 cores"
      })
  void whatWasAskedForIsWaitedFor(String master, String asked) {
    SparkConf conf = new SparkConf(false).set("spark.master", master);
    conf.set("spark.executor.instances", "4").set("spark.cores.max", "10");
    conf.set("spark.executor.cores", "3");
    assertThat(TaskSlots.Asked.of(conf)).hasToString(asked);
  }

  @Test
  void aStandaloneMasterMayHaveFewerCoresThanWereAskedFor() {
    TaskSlots.Asked asked = new TaskSlots.Asked(0, 9);
    assertThat(asked.isMet(2, 8, false)).isFalse();
    assertThat(asked.isMet(3, 9, false)).isTrue();
    assertThat(asked.isMet(2, 8, true)).isTrue();
    assertThat(asked.isMet(0, 0, true)).isFalse();
  }

  @Test
  void executorsThatComeAndGoAreNotCounted() {
    SparkConf conf = new SparkConf(false).set("spark.dynamicAllocation.enabled", "true");
    TaskSlots.requireFixed(conf.clone().set("spark.master", "local[2]"));
    assertThatThrownBy(() -> TaskSlots.requireFixed(conf.set("spark.master", "yarn")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("give --workers");
  }

  private static SparkConf asking(String amount) {
    return new SparkConf(false).set("spark.task.resource.gpu.amount", amount);
  }
}
